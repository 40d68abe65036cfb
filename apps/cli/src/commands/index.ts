import type { CommandEntry } from '../command/command.ts';

/** Every command. Code is loaded by the noun, when its word is typed. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'serve', summary: 'Run the server', isCommon: true, load: async () => await (await import('./serve.ts')).loadServeCommand() },
  { name: 'login', summary: 'Log in to a registry', isCommon: true, load: async () => (await import('./login.ts')).loginCommand },
  { name: 'logout', summary: 'Log out from a registry', isCommon: true, load: async () => (await import('./logout.ts')).logoutCommand },
  { name: 'pull', summary: 'Download an image from a registry', isCommon: true, load: async () => (await import('./pull.ts')).pullCommand },
  { name: 'push', summary: 'Upload an image to a registry', isCommon: true, load: async () => (await import('./push.ts')).pushCommand },
  { name: 'copy', summary: 'Copy an image from one registry to another', load: async () => (await import('./copy.ts')).copyCommand },
  { name: 'buildx', summary: 'Work with images as docker buildx does', verbs: async () => (await import('./buildx/index.ts')).buildxVerbs },
  {
    name: 'images',
    summary: 'List images',
    isCommon: true,
    load: async () => (await import('./images.ts')).createImagesCommand(['images']),
  },
  { name: 'image', summary: 'Manage images', verbs: async () => (await import('./image/index.ts')).imageVerbs },
  { name: 'tag', summary: 'Give an image another name', load: async () => (await import('./tag.ts')).createTagCommand(['tag']) },
  { name: 'rmi', summary: 'Remove one or more images', load: async () => (await import('./rmi.ts')).createRemoveImageCommand(['rmi']) },
  {
    name: 'history',
    summary: 'Show how an image was made',
    load: async () => (await import('./history.ts')).createHistoryCommand(['history']),
  },
  {
    name: 'inspect',
    summary: 'Show what is known of images, as JSON',
    load: async () => (await import('./inspect.ts')).inspectCommand,
  },
  { name: 'save', summary: 'Write images into a tar archive', load: async () => (await import('./save.ts')).createSaveCommand(['save']) },
  { name: 'load', summary: 'Load images from a tar archive', load: async () => (await import('./load.ts')).createLoadCommand(['load']) },
  { name: 'system', summary: 'Manage this machine', verbs: async () => (await import('./system/index.ts')).systemVerbs },
  {
    name: 'info',
    summary: 'Say what this machine is and has',
    isCommon: true,
    load: async () => (await import('./info.ts')).createInfoCommand(['info']),
  },
  { name: 'account', summary: 'Manage accounts', verbs: async () => (await import('./account/index.ts')).accountVerbs },
  {
    name: 'repo',
    aliases: ['repository'],
    summary: 'Manage repositories of the hub',
    verbs: async () => (await import('./repo/index.ts')).repoVerbs,
  },
  { name: 'gc', summary: 'Collect garbage now', load: async () => (await import('./gc.ts')).gcCommand },
  {
    name: 'verify',
    summary: 'Compare everything that is stored with its digest',
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
  {
    name: 'doctor',
    summary: 'Say what this machine can do, and how to get what is missing',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'completion',
    summary: "Print the shell's completion script",
    load: async () => (await import('./completion.ts')).completionCommand,
  },
  { name: 'version', summary: 'Print the version', isCommon: true, load: async () => (await import('./version.ts')).versionCommand },
  { name: 'help', summary: 'Explain a command', load: async () => (await import('./help.ts')).createHelpCommand(ROOT) },
  {
    name: '__complete',
    summary: 'Print what may stand for the last word',
    hidden: true,
    load: async () => (await import('./complete.ts')).createCompleteCommand(ROOT),
  },
];

/** Everything the command line can do. */
export const ROOT = { path: [], summary: 'Your own Docker Hub in one process', entries: COMMANDS } as const;
