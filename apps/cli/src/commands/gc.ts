import type { CollectReport } from '../api/replies.ts';
import { SERVER_LOGIN_FLAGS } from '../api/server-flags.ts';
import { defineCommand } from '../command/command.ts';
import { choiceFlag, durationFlag, switchFlag } from '../command/flag.ts';
import { EXIT } from '../exit-code.ts';
import { formatCount } from '../output/count.ts';
import { renderJson } from '../output/json.ts';
import { formatSize } from '../output/size.ts';
import { formatDuration } from '../output/time.ts';

export const gcCommand = defineCommand({
  path: ['gc'],
  summary: 'Collect garbage now',
  usage: '',
  operands: { min: 0, max: 0 },
  description: 'Deletes what no tag needs and nobody used within the grace period. Pushes and pulls go on meanwhile.',
  examples: ['slipway gc --dry-run', 'slipway gc --grace 1h', 'slipway gc --untagged 30d'],
  flags: {
    'dry-run': switchFlag('Only say what would go'),
    grace: durationFlag("How long content that nobody needs stays (default the server's --gc-grace)"),
    untagged: durationFlag('Also delete manifests without a tag for this long'),
    format: choiceFlag('text or json', ['text', 'json']),
    ...SERVER_LOGIN_FLAGS,
  },
  async run(context, { flags }) {
    const api = await context.openApi(flags);
    const { grace, untagged } = flags;
    const report = await api.call('collectGarbage', {
      body: {
        dryRun: flags['dry-run'],
        ...(grace === undefined ? {} : { graceSeconds: grace }),
        ...(untagged === undefined ? {} : { untaggedOlderThanSeconds: untagged }),
      },
    });
    context.stdout.write(flags.format === 'json' ? renderJson(report) : renderReport(report));
    return EXIT.success;
  },
});

function renderReport(report: CollectReport): string {
  const { blobs, bytes, dryRun, graceSeconds, manifests, memberships, orphans, uploads } = report;
  const deletes = dryRun ? 'Would delete' : 'Deleted';
  const lines = [
    ...lineOf(manifests, `${deletes} ${formatCount(manifests, 'untagged manifest')}`),
    ...lineOf(
      memberships,
      `${dryRun ? 'Would take' : 'Took'} ${formatCount(memberships, 'blob')} from repositories that need them no longer`,
    ),
    ...lineOf(blobs, `${deletes} ${formatCount(blobs, 'blob')}`),
    ...lineOf(orphans, `${deletes} ${formatCount(orphans, 'file')} without a record`),
    ...lineOf(uploads, `${dryRun ? 'Would end' : 'Ended'} ${formatCount(uploads, 'expired upload')}`),
  ];
  if (lines.length === 0) lines.push(`Nothing to free: everything is needed${graceText(graceSeconds)}`);
  lines.push(`Total ${dryRun ? 'reclaimable' : 'reclaimed'} space: ${formatSize(bytes)}`);
  return `${lines.join('\n')}\n`;
}

function lineOf(count: number, line: string): string[] {
  return count === 0 ? [] : [line];
}

function graceText(seconds: number): string {
  return seconds === 0 ? '' : `, or younger than the grace period (${formatDuration(seconds).toLowerCase()})`;
}
