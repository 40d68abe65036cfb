import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { getXattr, listXattrs } from '../system/xattrs.ts';
import { changedWhileRead, readFailure } from './changed-while-read.ts';
import { nodeOf, type TreeNode } from './tree-node.ts';

const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Not blocking: what was a file a moment ago may be a pipe nobody writes to. */
const FILE_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CAPABILITY = 'security.capability';

/**
 * An open folder of a tree. Names are looked up below its descriptor, one at a time and never through a link, so whatever changes in the tree,
 * nothing outside is read. Names and paths are strings of one character a byte, which sort as bytes do.
 * Errors of all methods: CHANGED_WHILE_READ, LAYER_READ_FAILED.
 */
export class TreeFolder {
  /** From the tree's root, with a closing `/`; empty for the root. For messages and layers. */
  readonly path: string;
  readonly #fd: number;
  readonly #prefix: string;

  private constructor(fd: number, path: string) {
    this.path = path;
    this.#fd = fd;
    this.#prefix = `/proc/self/fd/${fd}/`;
  }

  static openRoot(folder: string): TreeFolder {
    try {
      return new TreeFolder(openSync(folder, FOLDER_FLAGS), '');
    } catch (error) {
      throw readFailure(Buffer.from(folder).toString('latin1'), error);
    }
  }

  openFolder(name: string): TreeFolder {
    return this.#read(name, (path) => new TreeFolder(openSync(path, FOLDER_FLAGS), `${this.path}${name}/`));
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Sorted. */
  list(): string[] {
    return this.#read('', (path) => readdirSync(path, 'latin1')).sort(compareBytes);
  }

  stat(name: string): TreeNode | undefined {
    return this.#read(name, (path) => {
      const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return stats === undefined ? undefined : nodeOf(stats);
    });
  }

  readLink(name: string): Buffer {
    return this.#read(name, (path) => readlinkSync(path, 'buffer'));
  }

  /** A descriptor of the file, if it is still the one that `node` describes. The caller closes it. */
  openFile(name: string, node: TreeNode): number {
    const fd = this.#read(name, (path) => openSync(path, FILE_FLAGS));
    try {
      this.requireUnchanged(fd, name, node);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  requireUnchanged(fd: number, name: string, node: TreeNode): void {
    const now = nodeOf(fstatSync(fd, { bigint: true }));
    const isSame = now.identity === node.identity && now.sizeBytes === node.sizeBytes && now.ctimeNs === node.ctimeNs;
    if (!isSame || now.mtimeNs !== node.mtimeNs) throw changedWhileRead(this.path + name, 'changed');
  }

  /** The one attribute that layers carry: a program's file capabilities. */
  readCapability(name: string): Buffer | undefined {
    return this.readXattr(name, CAPABILITY);
  }

  /** Of the folder itself when `name` is empty. */
  readXattr(name: string, attribute: string): Buffer | undefined {
    // Asking for one that is not there costs more than the names of what is there, which mostly is nothing.
    if (!this.hasXattr(name, attribute)) return undefined;
    return this.#read(name, (path) => getXattr(name === '' ? this.#fd : path, attribute));
  }

  hasXattr(name: string, attribute: string): boolean {
    return this.#read(name, (path) => listXattrs(name === '' ? this.#fd : path)).includes(attribute);
  }

  #read<Result>(name: string, body: (path: Buffer) => Result): Result {
    try {
      return body(Buffer.from(this.#prefix + name, 'latin1'));
    } catch (error) {
      throw readFailure(this.path + name, error);
    }
  }
}

export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
