import type { Engine, ImageRecord } from '@slipway/engine';
import type { ContainerConfig, ImageConfig } from '@slipway/oci';
import { compareText } from '../../output/format/values.ts';
import { familiarDigest, familiarTag } from './familiar-name.ts';

/** What docker says where an image says nothing: Go's zero time. */
const NO_TIME = '0001-01-01T00:00:00Z';

type ForeignFields = Readonly<Record<string, unknown>>;

/** Docker's classic document of an image, in its order. Undefined fields are left out of JSON, and nil to templates. */
export async function describeImage(record: ImageRecord, engine: Pick<Engine, 'images' | 'snapshots'>) {
  const { config, bytes } = await engine.images.readConfig(record);
  const foreign = JSON.parse(bytes.toString('utf8')) as ForeignFields;
  return {
    Id: record.id,
    RepoTags: record.names.map(familiarTag),
    RepoDigests: record.digests.map(familiarDigest),
    Parent: '',
    Comment: textOf(foreign, 'comment') || (config.history?.at(-1)?.comment ?? ''),
    Created: config.created ?? NO_TIME,
    DockerVersion: textOf(foreign, 'docker_version'),
    Author: config.author ?? '',
    Config: describeConfig(config.config ?? {}, fieldsOf(foreign['config'])),
    Architecture: config.architecture,
    Variant: present(config.variant),
    Os: config.os,
    OsVersion: present(config['os.version']),
    Size: record.sizeBytes,
    VirtualSize: record.sizeBytes,
    GraphDriver: await describeLayers(record, engine),
    RootFS: describeRootfs(config),
    // When a name was given is not kept.
    Metadata: { LastTagTime: NO_TIME },
  };
}

/** The fields of Go's container.Config: those that never are left out, and Docker's own that the image carries. */
function describeConfig(config: ContainerConfig, foreign: ForeignFields) {
  return {
    Hostname: textOf(foreign, 'Hostname'),
    Domainname: textOf(foreign, 'Domainname'),
    User: config.User ?? '',
    AttachStdin: foreign['AttachStdin'] === true,
    AttachStdout: foreign['AttachStdout'] === true,
    AttachStderr: foreign['AttachStderr'] === true,
    ExposedPorts: sorted(config.ExposedPorts),
    Tty: foreign['Tty'] === true,
    OpenStdin: foreign['OpenStdin'] === true,
    StdinOnce: foreign['StdinOnce'] === true,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    Healthcheck: config.Healthcheck,
    ArgsEscaped: config.ArgsEscaped === true ? true : undefined,
    Image: textOf(foreign, 'Image'),
    Volumes: sorted(config.Volumes) ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: sorted(config.Labels) ?? null,
    StopSignal: present(config.StopSignal),
    StopTimeout: config.StopTimeout,
    Shell: config.Shell,
  };
}

/** Where the layers lie, in the manner of docker's overlay2. */
async function describeLayers(record: ImageRecord, engine: Pick<Engine, 'snapshots'>) {
  const snapshots = await engine.snapshots();
  const folders = snapshots.openChain(record.layers.map(({ diffId }) => diffId)).layers.map((layer) => layer?.folder);
  const [top, ...below] = folders.toReversed();
  const isWhole = folders.every((folder) => folder !== undefined);
  if (snapshots.medium === 'copy') return { Data: top === undefined ? null : { Dir: top }, Name: 'copy' };
  if (top === undefined || !isWhole) return { Data: null, Name: 'overlay2' };
  return { Data: { ...(below.length === 0 ? {} : { LowerDir: below.join(':') }), UpperDir: top }, Name: 'overlay2' };
}

function describeRootfs({ rootfs }: ImageConfig) {
  return { Type: rootfs.type, Layers: rootfs.diff_ids.length === 0 ? undefined : rootfs.diff_ids };
}

/** Go writes the keys of a map in order. */
function sorted<Value>(map: Readonly<Record<string, Value>> | undefined): Readonly<Record<string, Value>> | undefined {
  return map === undefined ? undefined : Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => compareText(a, b)));
}

function present(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function fieldsOf(value: unknown): ForeignFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ForeignFields) : {};
}

function textOf(fields: ForeignFields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}
