import type { Machine } from './machine.ts';

/** What was found: `detail` is a version, a path or the reason. */
export type Finding =
  | { readonly isThere: true; readonly detail: string }
  | {
      readonly isThere: false;
      readonly detail: string;
      /** The command that brings it. */
      readonly cure: string;
    };

/** One thing that this machine may have. */
export interface Check {
  readonly name: string;
  readonly purpose: string;
  /** When pull, push and images need it. */
  readonly need: 'always' | 'without-root' | 'never';
  look(machine: Machine): Promise<Finding>;
}

export function there(detail: string): Finding {
  return { isThere: true, detail };
}

export function missing(detail: string, cure: string): Finding {
  return { isThere: false, detail, cure };
}

interface ProgramCheckOptions {
  readonly purpose: string;
  /** Debian's packages. */
  readonly packages: string;
  readonly need?: Check['need'];
  /** Any one of them will do; the first that is there counts. Default: the check's name. */
  readonly programs?: readonly string[];
  readonly versionFlag?: string;
}

/** A program that `apt-get` brings. */
export function programCheck(name: string, options: ProgramCheckOptions): Check {
  const { purpose, packages, need = 'never', programs = [name], versionFlag = '--version' } = options;
  return {
    name,
    purpose,
    need,
    async look(machine) {
      for (const program of programs) {
        const path = await machine.findProgram(program);
        if (path === undefined) continue;
        const version = /\d+\.\d+(?:\.\d+)*/.exec((await machine.firstLine(path, [versionFlag])) ?? '')?.[0];
        return there(version === undefined ? path : `${path} ${version}`);
      }
      return missing('not installed', aptGet(packages));
    },
  };
}

export function aptGet(packages: string): string {
  return `apt-get install -y ${packages}`;
}
