import { type CommandEntry, entryOf } from '../../command/command.ts';
import { accountAddCommand } from './add.ts';
import { accountListCommand } from './list.ts';
import { accountPasswdCommand } from './passwd.ts';
import { accountRemoveCommand } from './remove.ts';

export const accountVerbs: readonly CommandEntry[] = [
  entryOf(accountAddCommand, { aliases: ['create'] }),
  entryOf(accountListCommand, { aliases: ['ls'] }),
  entryOf(accountPasswdCommand),
  entryOf(accountRemoveCommand, { aliases: ['rm'] }),
];
