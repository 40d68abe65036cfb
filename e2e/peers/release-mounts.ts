import { readFile } from 'node:fs/promises';
import { checkProgram } from './program.ts';

/** Unmounts all that is mounted at or below the folder, deepest first: the storage drivers of docker and podman leave bind mounts behind. */
export async function releaseMounts(folder: string): Promise<void> {
  for (const path of (await mountsBelow(folder)).reverse()) await checkProgram('umount', ['--lazy', path]);
}

/** The mount points at or below the folder, in the order in which they were mounted. */
export async function mountsBelow(folder: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  // Field five is the mount point, with blanks and backslashes in octal.
  const paths = lines.map((line) =>
    (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
  );
  return paths.filter((path) => path === folder || path.startsWith(`${folder}/`));
}
