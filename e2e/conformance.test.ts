import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAppError } from '@slipway/base';
import { openTempFolder, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConformanceSuite } from './peers/conformance-suite.ts';
import { runProgram } from './peers/program.ts';
import { type Account, onDistribution, openTarget, type Target } from './target.ts';

// SLIPWAY_CONFORMANCE_SOURCE names a checkout of the suite for machines that the Go module proxy does not serve it to.
const source = process.env['SLIPWAY_CONFORMANCE_SOURCE'];

/** The suite asks for a mount from anywhere with a token for one repository, and a token bounds what its holder may read. */
const NOT_FOR_NARROW_TOKENS: ReadonlySet<string> = new Set(['Blob anonymous mount']);

const suite = await resolveSuite();
if (suite.skipped !== undefined) console.warn(suite.skipped);

async function resolveSuite(): Promise<{ readonly program: string; readonly skipped: string | undefined }> {
  if (onDistribution) return { program: '', skipped: 'SKIPPED: distribution 2.8 implements an older specification' };
  try {
    return { program: await buildConformanceSuite(source === undefined ? {} : { source }), skipped: undefined };
  } catch (error) {
    if (isAppError(error, 'PEER_UNAVAILABLE')) return { program: '', skipped: `SKIPPED: ${error.message}` };
    throw error;
  }
}

describe.skipIf(suite.skipped !== undefined)(`OCI conformance ${suite.skipped ?? ''}`, () => {
  let target: Target;
  let folder: TempFolder;
  let ann: Account;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-conformance-');
    target = await openTarget();
    ann = await target.createAccount('ann');
  });

  afterAll(async () => {
    await target?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  test.each(['1.1', 'dev'])('version %s passes with authentication', async (version) => {
    const results = join(folder.path, version);
    const run = await runProgram(suite.program, [], {
      cwd: folder.path,
      timeoutMs: 200_000,
      env: {
        PATH: process.env['PATH'] ?? '',
        OCI_REGISTRY: target.url,
        OCI_TLS: 'disabled',
        OCI_REPO1: `ann/conformance-${version}/one`,
        OCI_REPO2: `ann/conformance-${version}/two`,
        OCI_USERNAME: ann.name,
        OCI_PASSWORD: ann.password,
        OCI_VERSION: version,
        OCI_RESULTS_DIR: results,
        OCI_LOG: 'error',
      },
    });
    const report = parseReport(run.stdout);
    console.log(`OCI conformance ${version}: ${[...report.counts].map(([name, count]) => `${name} ${count}`).join(', ')}`);
    const failures = await listFailures(join(results, 'junit.xml'));
    expect(failures).toEqual([]);
    expect(report.verdict, run.stderr).toBe('Pass');
    expect(report.counts.get('FAIL')).toBe(0);
    expect(report.counts.get('Error')).toBe(0);
    expect(report.counts.get('Pass')).toBeGreaterThan(700);
    // What a registry may leave out, this one must not.
    expect(
      report.sections.filter(([name, status]) => status !== 'Pass' && status !== 'Disabled' && !NOT_FOR_NARROW_TOKENS.has(name)),
    ).toEqual([]);
    expect(run.code).toBe(0);
  });
});

interface Report {
  readonly verdict: string | undefined;
  readonly counts: ReadonlyMap<string, number>;
  /** Each API and data set with its status. */
  readonly sections: readonly (readonly [string, string])[];
}

function parseReport(text: string): Report {
  const verdict = /^OCI Conformance Result: (\w+)$/m.exec(text)?.[1];
  const lines = [...text.matchAll(/^ {2}([^.:]+(?:\.\d[^.:]*)?)\.+: +(\w+)$/gm)].map((match) => [match[1] ?? '', match[2] ?? ''] as const);
  const isCount = ([, value]: readonly [string, string]) => /^\d+$/.test(value);
  return {
    verdict,
    counts: new Map(lines.filter(isCount).map(([name, value]) => [name, Number(value)])),
    sections: lines.filter((line) => !isCount(line)),
  };
}

/** The failed cases with the suite's words, without the transcripts. */
async function listFailures(junitFile: string): Promise<string[]> {
  const text = await readFile(junitFile, 'utf8');
  const cases = text.split('<testcase ').slice(1);
  const failed = cases.filter((item) => /^[^>]*status="(?:failure|error)"/.test(item));
  return failed.map((item) => {
    const words = /<system-out>(.*?)<\/system-out>/s.exec(item)?.[1] ?? '';
    return `${/name="([^"]*)"/.exec(item)?.[1]}: ${decodeXml(words).slice(0, 400)}`;
  });
}

function decodeXml(text: string): string {
  return text
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#xA;', '; ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
