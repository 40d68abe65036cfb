import type { Command, CommandEntry } from './command.ts';
import type { CommandGroup } from './find-command.ts';
import type { Flag, FlagTable } from './flag.ts';

/** The help of one command, in docker's layout. */
export function renderCommandHelp(command: Command): string {
  const path = ['slipway', ...command.path].join(' ');
  const flags = Object.values(command.flags).some((flag) => flag.hidden !== true) ? ' [OPTIONS]' : '';
  const usage = command.usage === '' ? '' : ` ${command.usage}`;
  return joinSections([
    `Usage:  ${path}${flags}${usage}`,
    command.summary,
    command.description,
    section('Options:', flagRows(command.flags)),
    command.examples.length === 0 ? undefined : ['Examples:', ...command.examples.map((example) => `  ${example}`)].join('\n'),
  ]);
}

/** The help of a noun, or of everything. */
export function renderGroupHelp(group: CommandGroup): string {
  const { path, summary } = group;
  const called = ['slipway', ...path].join(' ');
  return joinSections([
    `Usage:  ${called} COMMAND`,
    summary,
    ...entrySections(group),
    path.length === 0
      ? section('Options:', ['  -h, --help      Print this, or the help of a command', '  -v, --version   Print the version'])
      : undefined,
    `Run \`${called} COMMAND --help\` for more about a command.`,
  ]);
}

/** The root lists its commands as docker does: the common ones, the nouns, and the others by name. */
function entrySections({ path, entries }: CommandGroup): readonly (string | undefined)[] {
  const visible = entries.filter(({ hidden }) => hidden !== true);
  const width = Math.max(...visible.map(({ name }) => name.length)) + 2;
  const list = (title: string, rows: readonly CommandEntry[]) =>
    section(
      title,
      rows.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    );
  if (path.length > 0) return [list('Commands:', visible)];
  const [common, others] = partition(visible, ({ isCommon }) => isCommon === true);
  const [nouns, verbs] = partition(others.toSorted(byName), (entry) => 'verbs' in entry);
  return [list('Common Commands:', common), list('Management Commands:', nouns), list('Commands:', verbs)];
}

function partition(
  entries: readonly CommandEntry[],
  isFirst: (entry: CommandEntry) => boolean,
): readonly [readonly CommandEntry[], readonly CommandEntry[]] {
  return [entries.filter(isFirst), entries.filter((entry) => !isFirst(entry))];
}

function byName(a: CommandEntry, b: CommandEntry): number {
  return a.name < b.name ? -1 : 1;
}

function flagRows(flags: FlagTable): string[] {
  const visible = Object.entries(flags).filter(([, flag]) => flag.hidden !== true);
  const rows = visible.map(([name, flag]) => [flagLabel(name, flag), flag.help] as const);
  const width = Math.max(...rows.map(([label]) => label.length)) + 3;
  return rows.map(([label, help]) => `  ${label.padEnd(width)}${help}`);
}

function flagLabel(name: string, { short, placeholder, bare }: Flag<unknown>): string {
  const letter = short === undefined ? '    ' : `-${short}, `;
  if (placeholder === undefined) return `${letter}--${name}`;
  return bare === undefined ? `${letter}--${name} ${placeholder}` : `${letter}--${name}[=${placeholder}]`;
}

function section(title: string, lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : [title, ...lines].join('\n');
}

function joinSections(sections: readonly (string | undefined)[]): string {
  return `${sections.filter((text) => text !== undefined && text !== '').join('\n\n')}\n`;
}
