import type { DamageReport, VerifyReport } from '../api/replies.ts';
import { SERVER_LOGIN_FLAGS } from '../api/server-flags.ts';
import { defineCommand } from '../command/command.ts';
import { choiceFlag, switchFlag } from '../command/flag.ts';
import { EXIT } from '../exit-code.ts';
import { formatCount } from '../output/count.ts';
import { renderJson } from '../output/json.ts';
import { formatSize } from '../output/size.ts';
import { renderTable } from '../output/table.ts';
import { formatDuration } from '../output/time.ts';

const SHOWN_REPOSITORIES = 3;

export const verifyCommand = defineCommand({
  path: ['verify'],
  summary: 'Compare everything that is stored with its digest',
  usage: '',
  operands: { min: 0, max: 0 },
  description: [
    'Takes as long as the disk needs to read everything; pushes and pulls go on meanwhile, and Ctrl-C ends it.',
    'Damaged content is taken out of sight, so that the next push stores it anew. Exits with 1 when damage was found.',
  ].join('\n'),
  examples: ['slipway verify', 'slipway verify --no-quarantine --format json'],
  flags: {
    'no-quarantine': switchFlag('Only report damage'),
    format: choiceFlag('text or json', ['text', 'json']),
    ...SERVER_LOGIN_FLAGS,
  },
  async run(context, { flags }) {
    const api = await context.openApi(flags);
    const report = await api.call('verifyBlobs', { body: flags['no-quarantine'] ? { quarantine: false } : {} });
    context.stdout.write(flags.format === 'json' ? renderJson(report) : renderReport(report));
    return report.damaged.length === 0 ? EXIT.success : EXIT.failure;
  },
});

function renderReport({ blobs, manifests, bytes, damaged, durationMs, quarantined }: VerifyReport): string {
  const what = `${formatCount(blobs, 'blob')} and ${formatCount(manifests, 'manifest')}, ${formatSize(bytes)}`;
  const took = formatDuration(durationMs / 1000).toLowerCase();
  if (damaged.length === 0) return `Read ${what} in ${took}: all match their digests\n`;
  const rows = damaged.map((damage) => [damage.digest, damage.kind, damage.problem, namesOf(damage), cureOf(damage)]);
  const table = renderTable(['DIGEST', 'KIND', 'PROBLEM', 'REPOSITORIES', 'HEALED BY'], rows);
  const next = quarantined
    ? 'What is damaged was taken out of sight: until it is pushed again, pulls of it answer that it is not there.'
    : 'Nothing was changed: run `slipway verify` without --no-quarantine before you push, else clients skip what seems to be there.';
  return `${table}\nRead ${what} in ${took}: ${damaged.length} damaged\n${next}\n`;
}

function namesOf({ repositories }: DamageReport): string {
  if (repositories.length === 0) return '-';
  const more = repositories.length - SHOWN_REPOSITORIES;
  return repositories.slice(0, SHOWN_REPOSITORIES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function cureOf({ kind, repositories }: DamageReport): string {
  if (repositories.length === 0) return 'nothing to do: no repository has it';
  return kind === 'manifest' ? 'pushing the image again' : 'pushing an image with it again';
}
