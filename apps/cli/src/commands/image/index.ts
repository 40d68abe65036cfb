import type { Command, CommandEntry } from '../../command/command.ts';

/** `slipway image …`: what most of them do, a verb of its own does too. Code is loaded by the verb. */
export const imageVerbs: readonly CommandEntry[] = [
  {
    name: 'history',
    summary: 'Show how an image was made',
    load: async () => (await import('../history.ts')).createHistoryCommand(['image', 'history']),
  },
  {
    name: 'inspect',
    summary: 'Show what is known of images, as JSON',
    load: async () => (await import('../inspect.ts')).imageInspectCommand,
  },
  {
    name: 'load',
    summary: 'Load images from a tar archive',
    load: async () => (await import('../load.ts')).createLoadCommand(['image', 'load']),
  },
  {
    name: 'ls',
    aliases: ['list'],
    summary: 'List images',
    load: async () => (await import('../images.ts')).createImagesCommand(['image', 'ls']),
  },
  { name: 'prune', summary: 'Remove images that nothing uses', load: async () => (await import('./prune.ts')).imagePruneCommand },
  { name: 'pull', summary: 'Download an image from a registry', load: async () => asVerb((await import('../pull.ts')).pullCommand) },
  { name: 'push', summary: 'Upload an image to a registry', load: async () => asVerb((await import('../push.ts')).pushCommand) },
  {
    name: 'rm',
    aliases: ['remove'],
    summary: 'Remove one or more images',
    load: async () => (await import('../rmi.ts')).createRemoveImageCommand(['image', 'rm']),
  },
  {
    name: 'save',
    summary: 'Write images into a tar archive',
    load: async () => (await import('../save.ts')).createSaveCommand(['image', 'save']),
  },
  {
    name: 'tag',
    summary: 'Give an image another name',
    load: async () => (await import('../tag.ts')).createTagCommand(['image', 'tag']),
  },
];

function asVerb(command: Command): Command {
  return { ...command, path: ['image', ...command.path] };
}
