import { type CommandEntry, entryOf } from '../../command/command.ts';
import { repoListCommand } from './list.ts';
import { repoShowCommand } from './show.ts';
import { repoVisibilityCommand } from './visibility.ts';

export const repoVerbs: readonly CommandEntry[] = [
  entryOf(repoListCommand, { aliases: ['ls'] }),
  entryOf(repoShowCommand, { aliases: ['inspect'] }),
  entryOf(repoVisibilityCommand),
];
