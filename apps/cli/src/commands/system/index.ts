import type { CommandEntry } from '../../command/command.ts';

export const systemVerbs: readonly CommandEntry[] = [
  { name: 'df', summary: 'Show what takes how much room', load: async () => (await import('./df.ts')).systemDfCommand },
  {
    name: 'info',
    summary: 'Say what this machine is and has',
    load: async () => (await import('../info.ts')).createInfoCommand(['system', 'info']),
  },
  { name: 'prune', summary: 'Remove everything that nothing uses', load: async () => (await import('./prune.ts')).systemPruneCommand },
];
