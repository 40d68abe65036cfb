import type { CommandEntry } from '../../command/command.ts';

export const buildxVerbs: readonly CommandEntry[] = [
  {
    name: 'imagetools',
    summary: 'Work on images in registries',
    verbs: async () => (await import('./imagetools/index.ts')).imagetoolsVerbs,
  },
];
