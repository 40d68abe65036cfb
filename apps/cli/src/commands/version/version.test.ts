import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTempFolder } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { runSlipway } from '../../testing/run-slipway.ts';

async function runVersion(...words: string[]) {
  return await withTempFolder(async (checkout) => {
    await writeFile(join(checkout, 'package.json'), '{"version":"1.2.3"}');
    return await runSlipway(['version', ...words], { checkout });
  });
}

describe('versionCommand.run()', () => {
  it("fills docker's templates", async () => {
    expect((await runVersion('-f', '{{.Client.Version}} {{.Client.Os}}')).stdout).toBe(`1.2.3 ${process.platform}\n`);
    expect((await runVersion('--format', '{{json .Client.Platform}}')).stdout).toBe('{"Name":"Slipway"}\n');
    expect((await runVersion('--format', '{{if .Server}}daemon{{else}}none{{end}}')).stdout).toBe('none\n');
  });

  it("prints docker's fields beside its own as JSON", async () => {
    expect(JSON.parse((await runVersion('--format', 'json')).stdout)).toMatchObject({
      version: '1.2.3',
      Client: { Version: '1.2.3', Os: process.platform },
      Server: null,
    });
  });

  it('refuses a template that is none', async () => {
    expect(await runVersion('--format', '{{.Client')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('template parsing error'),
    });
  });
});
