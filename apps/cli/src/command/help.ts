import type { Command } from './command.ts';
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
export function renderGroupHelp({ path, summary, entries }: CommandGroup): string {
  const called = ['slipway', ...path].join(' ');
  const rows = entries.filter(({ hidden }) => hidden !== true).map(({ name, summary }) => [name, summary] as const);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return joinSections([
    `Usage:  ${called} COMMAND`,
    summary,
    section(
      'Commands:',
      rows.map(([name, summary]) => `  ${name.padEnd(width)}${summary}`),
    ),
    path.length === 0
      ? section('Options:', ['  -h, --help      Print this, or the help of a command', '  -v, --version   Print the version'])
      : undefined,
    `Run \`${called} COMMAND --help\` for more about a command.`,
  ]);
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
