import { type CommandEntry, entryOf } from '../../../command/command.ts';
import { imagetoolsCreateCommand } from './create.ts';
import { imagetoolsInspectCommand } from './inspect.ts';

export const imagetoolsVerbs: readonly CommandEntry[] = [entryOf(imagetoolsCreateCommand), entryOf(imagetoolsInspectCommand)];
