import type { TarMember } from '@slipway/oci/node';

interface ModelNode {
  readonly kind: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly content: string | undefined;
}

const IMPLIED = { kind: 'folder', mode: 0o755, uid: 0, gid: 0, content: undefined };

/** A tree in memory and what applying layers to it means, for names without `..` and links that nothing is put through. */
export class LayerModel {
  #nodes = new Map<string, ModelNode>();
  #own = new Set<string>();

  /** Returns false where the layer is to be refused. */
  apply(members: readonly TarMember[]): boolean {
    this.#own = new Set();
    return members.every((member) => this.#applyOne(member));
  }

  shown(): Record<string, ModelNode> {
    return Object.fromEntries(this.#nodes);
  }

  #applyOne({ entry, content }: TarMember): boolean {
    const path = String(entry.name).replace(/\/$/, '');
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.startsWith('.wh.')) {
      this.#hide(folder, name);
      return true;
    }
    if (!this.#makeFolders(folder, entry.mtimeSeconds)) return false;
    const old = this.#nodes.get(path);
    if (old !== undefined && !(old.kind === 'folder' && entry.kind === 'folder')) this.#remove(path);
    const text = entry.kind === 'symlink' ? String(entry.linkName) : Buffer.from((content as Uint8Array | undefined) ?? []).toString();
    const hasText = entry.kind === 'file' || entry.kind === 'symlink';
    this.#nodes.set(path, {
      kind: entry.kind,
      mode: entry.kind === 'symlink' ? 0o777 : entry.mode,
      uid: entry.uid ?? 0,
      gid: entry.gid ?? 0,
      mtime: entry.mtimeSeconds,
      content: hasText ? text : undefined,
    });
    for (let above = path; above !== ''; above = above.slice(0, Math.max(0, above.lastIndexOf('/')))) this.#own.add(above);
    return true;
  }

  #makeFolders(folder: string, mtime: number): boolean {
    if (folder === '') return true;
    const node = this.#nodes.get(folder);
    if (node !== undefined) return node.kind === 'folder';
    if (!this.#makeFolders(folder.slice(0, Math.max(0, folder.lastIndexOf('/'))), mtime)) return false;
    this.#nodes.set(folder, { ...IMPLIED, mtime });
    return true;
  }

  #hide(folder: string, name: string): void {
    if (!this.#isFolder(folder)) return;
    const prefix = folder === '' ? '' : `${folder}/`;
    const target = name === '.wh..wh..opq' ? prefix : prefix + name.slice('.wh.'.length);
    for (const path of this.#nodes.keys()) {
      const isHidden = target === prefix ? path.startsWith(prefix) : path === target || path.startsWith(`${target}/`);
      if (isHidden && !this.#own.has(path)) this.#nodes.delete(path);
    }
  }

  #isFolder(folder: string): boolean {
    const parts = folder === '' ? [] : folder.split('/');
    return parts.every((_, at) => this.#nodes.get(parts.slice(0, at + 1).join('/'))?.kind === 'folder');
  }

  #remove(path: string): void {
    for (const name of this.#nodes.keys()) if (name === path || name.startsWith(`${path}/`)) this.#nodes.delete(name);
  }
}
