import type { CommandEntry } from '../command/command.ts';

/** Every command. Code is loaded by the noun, when its word is typed. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'serve', summary: 'Run the server', load: async () => await (await import('./serve.ts')).loadServeCommand() },
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
  { name: 'version', summary: 'Print the version', load: async () => (await import('./version.ts')).versionCommand },
  { name: 'help', summary: 'Explain a command', load: async () => (await import('./help.ts')).createHelpCommand(ROOT) },
];

/** Everything the command line can do. */
export const ROOT = { path: [], summary: 'Your own Docker Hub in one process', entries: COMMANDS } as const;
