import { Semaphore } from '@slipway/base';
import { finishUpload, type RegistryResponse, sha256Of } from '@slipway/testkit';
import type { Held, ObjectKey, Operation } from './change-ledger.ts';
import { nameOf } from './change-ledger.ts';
import { isBlobKept, isManifestKept } from './kept-content.ts';
import type { TrialApi } from './trial-api.ts';
import { count, type OpenUpload, type TrialWorld } from './trial-world.ts';

export interface AuditParts {
  readonly world: TrialWorld;
  readonly api: TrialApi;
}

const AT_ONCE = 8;

/**
 * Compares all that the server shows of the repositories with what it acknowledged, and takes it over as settled. Nothing may run meanwhile.
 * Resolves to what is wrong, each with the history of its object.
 */
export async function auditRepositories(parts: AuditParts, repositories: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  const shown = new Map<string, Held>();
  for (const repository of repositories) {
    problems.push(...(await auditTags(parts, repository, shown)));
    problems.push(...(await auditManifests(parts, repository, shown)));
    problems.push(...(await auditNeeds(parts, repository)));
    problems.push(...(await auditBlobs(parts, repository)));
    problems.push(...(await auditReferrers(parts, repository)));
  }
  for (const operation of parts.world.ledger.takeLost()) problems.push(...tornOf(operation, shown));
  return problems;
}

/** Each upload that was left open goes on where the server says, or is gone. */
export async function auditUploads({ world, api }: AuditParts): Promise<string[]> {
  const problems: string[] = [];
  for (const upload of world.openUploads) {
    const problem = await resumeUpload(api, upload);
    count(world, problem === 'gone' ? 'upload gone' : 'upload resumed');
    if (problem !== undefined && problem !== 'gone')
      problems.push(`${problem}: ${JSON.stringify({ ...upload, bytes: upload.bytes.length })}`);
    if (problem === undefined) {
      const key = { kind: 'blob' as const, repository: upload.repository, name: sha256Of(upload.bytes) };
      world.ledger.acknowledge(world.ledger.begin('resume an upload', [{ key, held: key.name }]));
    }
  }
  world.openUploads.clear();
  return problems;
}

/** The hub hears of every push, late perhaps, and counts none twice. */
export async function auditPushCounts({ world, api }: AuditParts): Promise<string[]> {
  const problems: string[] = [];
  for (const [repository, { acknowledged, lost }] of world.pushCounts) {
    if (acknowledged === 0) continue;
    let pushCount = -1;
    for (let attempt = 0; attempt < 100 && pushCount < acknowledged; attempt += 1) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 50));
      ({ pushCount } = await api.call<{ pushCount: number }>('GET', `/repositories/${repository}`));
    }
    if (pushCount < acknowledged || pushCount > acknowledged + lost) {
      problems.push(`${repository} counts ${pushCount} pushes; ${acknowledged} were acknowledged, ${lost} had no answer`);
    }
  }
  return problems;
}

/** `verify` reads all bytes that are stored. */
export async function auditBytes({ api }: AuditParts): Promise<string[]> {
  const report = await api.call<{ damaged: readonly object[] }>('POST', '/admin/verify', { quarantine: false });
  return report.damaged.map((damage) => `verify: ${JSON.stringify(damage)}`);
}

async function auditTags({ world, api }: AuditParts, repository: string, shown: Map<string, Held>): Promise<string[]> {
  const { ledger } = world;
  const names = ledger.names('tag', repository);
  const page = await api.send({ method: 'GET', path: `/v2/${repository}/tags/list?n=1` });
  const listed = page.status === 404 ? [] : await api.listTags(repository);
  const problems = listed.filter((tag) => !names.includes(tag)).map((tag) => `${repository} lists a tag that nobody pushed: ${tag}`);
  await forEach(names, async (name) => {
    const key = { kind: 'tag' as const, repository, name };
    const answer = await api.getManifest(repository, name);
    const held = heldOf(answer);
    if (held !== undefined && sha256Of(answer.body) !== held)
      problems.push(`GET by tag gave other bytes than ${held}:\n${ledger.story(key)}`);
    if (listed.includes(name) !== (held !== undefined)) {
      problems.push(`The tag list ${listed.includes(name) ? 'shows' : 'hides'} a tag that answers ${answer.status}:\n${ledger.story(key)}`);
    }
    problems.push(...compare(world, key, { held, allowed: ledger.possible(key), answer }));
    shown.set(nameOf(key), held);
  });
  for (const name of names) ledger.settle({ kind: 'tag', repository, name }, shown.get(nameOf({ kind: 'tag', repository, name })));
  return problems;
}

async function auditManifests({ world, api }: AuditParts, repository: string, shown: Map<string, Held>): Promise<string[]> {
  const { ledger } = world;
  const problems: string[] = [];
  const names = ledger.names('manifest', repository);
  await forEach(names, async (name) => {
    const key = { kind: 'manifest' as const, repository, name };
    const answer = await api.getManifest(repository, name);
    const held = heldOf(answer);
    const bytes = world.catalogue.find(name)?.blob.bytes;
    if (held !== undefined && bytes?.equals(answer.body) !== true) problems.push(`Other bytes than were pushed:\n${ledger.story(key)}`);
    const allowed = ledger.possible(key);
    if (world.untaggedMs !== undefined && !isManifestKept(world, repository, name)) allowed.add(undefined);
    problems.push(...compare(world, key, { held, allowed, answer }));
    shown.set(nameOf(key), held);
  });
  for (const name of names)
    ledger.settle({ kind: 'manifest', repository, name }, shown.get(nameOf({ kind: 'manifest', repository, name })));
  return problems;
}

/** A manifest that is there can be pulled with all it needs. */
async function auditNeeds({ world, api }: AuditParts, repository: string): Promise<string[]> {
  const { ledger } = world;
  const problems: string[] = [];
  const present = ledger.names('manifest', repository).filter((name) => ledger.isCertain({ kind: 'manifest', repository, name }));
  const manifests = present.flatMap((name) => world.catalogue.find(name) ?? []);
  const owners = new Map(manifests.flatMap((manifest) => manifest.blobs.map((blob) => [blob, manifest.blob.descriptor.digest] as const)));
  await forEach([...owners], async ([blob, owner]) => {
    const { digest } = blob.descriptor;
    const answer = await api.getBlob(repository, digest);
    if (answer.status === 200 && answer.body.equals(blob.bytes)) return;
    const stories = [ledger.story({ kind: 'manifest', repository, name: owner }), ledger.story({ kind: 'blob', repository, name: digest })];
    problems.push(`A blob that manifest ${owner} needs answers ${answer.status}, ${answer.body.length} bytes:\n${stories.join('\n')}`);
  });
  for (const manifest of manifests) {
    for (const child of manifest.children) {
      const key = { kind: 'manifest' as const, repository, name: child.blob.descriptor.digest };
      if (!ledger.isCertain(key)) problems.push(`Index ${manifest.blob.descriptor.digest} has lost a child:\n${ledger.story(key)}`);
    }
  }
  return problems;
}

async function auditBlobs({ world, api }: AuditParts, repository: string): Promise<string[]> {
  const { ledger } = world;
  const problems: string[] = [];
  await forEach(ledger.names('blob', repository), async (name) => {
    const key = { kind: 'blob' as const, repository, name };
    const answer = await api.getBlob(repository, name);
    const held = answer.status === 200 ? name : undefined;
    if (held !== undefined && sha256Of(answer.body) !== name) problems.push(`Other bytes than were pushed:\n${ledger.story(key)}`);
    const allowed = ledger.possible(key);
    if (world.graceMs !== undefined && !isBlobKept(world, repository, name)) allowed.add(undefined);
    problems.push(...compare(world, key, { held, allowed, answer }));
    ledger.settle(key, held);
  });
  return problems;
}

async function auditReferrers({ world, api }: AuditParts, repository: string): Promise<string[]> {
  const { ledger } = world;
  const problems: string[] = [];
  const names = ledger.names('manifest', repository);
  const present = new Set(names.filter((name) => ledger.isCertain({ kind: 'manifest', repository, name })));
  const subjects = new Set(names.map((name) => world.catalogue.find(name)?.subject).filter((subject) => subject !== undefined));
  for (const subject of subjects) {
    const answer = await api.listReferrers(repository, subject);
    const { manifests }: { manifests: { digest: string }[] } = JSON.parse(answer.body.toString());
    const listed = new Set(manifests.map((entry) => entry.digest));
    const expected = new Set([...present].filter((name) => world.catalogue.find(name)?.subject === subject));
    for (const name of new Set([...listed, ...expected])) {
      if (listed.has(name) === expected.has(name)) continue;
      const how = listed.has(name) ? 'lists a referrer that is not there' : 'hides a referrer';
      problems.push(`The list of ${subject} ${how}:\n${ledger.story({ kind: 'manifest', repository, name })}`);
    }
  }
  return problems;
}

interface Comparison {
  readonly held: Held;
  readonly allowed: ReadonlySet<Held>;
  readonly answer: RegistryResponse;
}

function compare({ ledger }: TrialWorld, key: ObjectKey, { held, allowed, answer }: Comparison): string[] {
  if (allowed.has(held) && [200, 404].includes(answer.status)) return [];
  const expected = [...allowed].map((value) => value ?? 'nothing').join(' or ');
  return [`Answered ${answer.status} with ${held ?? 'nothing'}, expected ${expected}:\n${ledger.story(key)}`];
}

/** A request that changes several objects changes all or none. Keys that it could not have changed, or that others change too, tell nothing. */
function tornOf(operation: Operation, shown: ReadonlyMap<string, Held>): string[] {
  if (operation.changes.some(({ key }) => key.repository.endsWith('/shared'))) return [];
  const telling = operation.changes.filter(({ key, held }) => shown.has(nameOf(key)) && !operation.before.get(nameOf(key))?.has(held));
  const done = telling.filter(({ key, held }) => shown.get(nameOf(key)) === held);
  if (done.length === 0 || done.length === telling.length) return [];
  return [`Half of a request was done: ${operation.text}, ${JSON.stringify(done)} of ${JSON.stringify(telling)}`];
}

async function resumeUpload(api: TrialApi, upload: OpenUpload): Promise<string | undefined> {
  const { acknowledgedBytes, bytes, location, repository } = upload;
  const status = await api.send({ method: 'GET', path: location });
  if (status.status === 404) return 'gone';
  const end = Number(/^0-(\d+)$/.exec(String(status.headers.range))?.[1]);
  const offset = end === 0 ? 0 : end + 1;
  if (status.status !== 204 || !(offset >= acknowledgedBytes))
    return `An upload answers ${status.status} with range ${status.headers.range}`;
  const digest = sha256Of(bytes);
  const next = new URL(String(status.headers.location), api.origin).href;
  await finishUpload(api, next, digest, bytes.subarray(offset));
  const answer = await api.getBlob(repository, digest);
  return answer.body.equals(bytes) ? undefined : `A resumed upload gave ${answer.status} with other bytes`;
}

/** The digest that an answer stands for; undefined when it is not 200. */
function heldOf(answer: RegistryResponse): Held {
  return answer.status === 200 ? String(answer.headers['docker-content-digest']) : undefined;
}

async function forEach<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const places = new Semaphore(AT_ONCE);
  await Promise.all(items.map((item) => places.run(() => work(item))));
}
