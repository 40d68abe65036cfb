import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file below the folder. */
export async function remainingFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
