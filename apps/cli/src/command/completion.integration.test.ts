import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withTempFolder } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { renderBashCompletion } from './completion.ts';

const run = promisify(execFile);

/** Notes what it was asked, and offers a few names. */
const FAKE = `#!/bin/sh
printf '%s|' "$@" >>"$ASKED"
case $* in *--file*) printf ':0\\n' ;; *) printf 'app:latest\\thelp\\napp:1\\n--format=json\\n:4\\n' ;; esac
`;

/** What bash would put behind the cursor at the end of a line, cut into words as readline does. */
async function completeLine(line: string, words: readonly string[]): Promise<{ readonly reply: string[]; readonly asked: string }> {
  return await withTempFolder(async (folder) => {
    const slipway = join(folder, 'slipway');
    await writeFile(slipway, FAKE);
    await chmod(slipway, 0o755);
    await writeFile(join(folder, 'script'), renderBashCompletion());
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const script = [
      `compopt() { echo "compopt $*"; }; source ${folder}/script`,
      `COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(${quoted}) COMP_CWORD=${words.length - 1}`,
      `_slipway; for word in "\${COMPREPLY[@]}"; do echo "$word"; done; echo; cat ${folder}/asked`,
    ].join('\n');
    const environment = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, ASKED: join(folder, 'asked') };
    const { stdout } = await run('bash', ['--norc', '-c', script], { env: environment });
    const [reply = '', asked = ''] = stdout.trimEnd().split('\n\n');
    return { reply: reply.split('\n'), asked };
  });
}

describe('renderBashCompletion()', () => {
  it.each<[string, string[], string[], string]>([
    ['slipway rmi ', ['slipway', 'rmi', ''], ['app:latest', 'app:1', '--format=json'], '__complete|--|rmi||'],
    ['slipway rmi app:l', ['slipway', 'rmi', 'app', ':', 'l'], ['latest', '1', '--format=json'], '__complete|--|rmi|app:l|'],
    ['slipway rmi app:', ['slipway', 'rmi', 'app', ':', ''], ['latest', '1', '--format=json'], '__complete|--|rmi|app:|'],
    ['slipway rmi app:', ['slipway', 'rmi', 'app', ':'], ['latest', '1', '--format=json'], '__complete|--|rmi|app:|'],
    ['slipway ls --format=j', ['slipway', 'ls', '--format', '=', 'j'], ['app:latest', 'app:1', 'json'], '__complete|--|ls|--format=j|'],
    [
      'slipway tag a:1 b:',
      ['slipway', 'tag', 'a', ':', '1', 'b', ':', ''],
      ['app:latest', 'app:1', '--format=json'],
      '__complete|--|tag|a:1|b:|',
    ],
    ['slipway load --file ', ['slipway', 'load', '--file', ''], ['compopt -o default'], '__complete|--|load|--file||'],
  ])('completes %j', async (line, words, reply, asked) => {
    expect(await completeLine(line, words)).toEqual({ reply, asked });
  });
});
