/** The paths in the tree that a layer has entries for, and the folders above them. Paths are latin1 text, as those of `OpenFolder`. */
export class LayerPaths {
  readonly #paths = new Set<string>();

  add(path: string): void {
    for (let above = path; !this.#paths.has(above); above = above.slice(0, above.lastIndexOf('/'))) {
      this.#paths.add(above);
      if (!above.includes('/')) return;
    }
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }
}

/** `name` in the folder `path`. */
export function pathIn(path: string, name: Buffer): string {
  return path === '' ? name.toString('latin1') : `${path}/${name.toString('latin1')}`;
}
