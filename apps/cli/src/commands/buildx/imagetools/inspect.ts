import { type InspectedImage, inspectImage, type Repository } from '@slipway/client';
import { formatReference, type Reference } from '@slipway/oci';
import { defineCommand } from '../../../command/command.ts';
import { switchFlag, textFlag } from '../../../command/flag.ts';
import { cliError } from '../../../errors.ts';
import { EXIT } from '../../../exit-code.ts';
import { toJson } from '../../../output/format/docker-functions.ts';
import type { FunctionTable } from '../../../output/format/function-table.ts';
import { parseTemplate } from '../../../output/format/template.ts';
import { renderJson } from '../../../output/json.ts';
import { parseImageName } from '../../../registry/image-name.ts';
import { INSECURE_FLAG } from '../../../registry/insecure-flag.ts';
import { asPullError } from '../../../registry/refusals.ts';
import { type ImageDetails, readDetails } from './read-details.ts';
import { renderInspection } from './render-inspection.ts';
import { byPlatform, type GoValue, goValue, imageValue, manifestValue } from './template-values.ts';

const SLSA = 'https://slsa.dev/provenance/';
const SPDX = 'https://spdx.dev/Document';

/** Indented, as buildx prints it and docker does not. */
const FUNCTIONS: FunctionTable = { json: { min: 1, max: 1, run: ([value]) => renderJson(JSON.parse(toJson(value))).trimEnd() } };

export const imagetoolsInspectCommand = defineCommand({
  path: ['buildx', 'imagetools', 'inspect'],
  summary: 'Show details of an image in the registry',
  usage: 'NAME',
  operands: { min: 1, max: 1 },
  examples: [
    'slipway buildx imagetools inspect debian:bookworm',
    'slipway buildx imagetools inspect --raw debian:bookworm',
    "slipway buildx imagetools inspect debian:bookworm --format '{{json .Image}}'",
  ],
  flags: {
    format: textFlag('Format the output using a Go template: .Name, .Manifest, .Image, .Provenance, .SBOM'),
    raw: switchFlag('Show original, unformatted JSON manifest'),
    ...INSECURE_FLAG,
  },
  async run(context, { flags, operands: [text = ''] }) {
    const { format, raw } = flags;
    if (format !== undefined && raw) throw cliError('USAGE', 'format and raw cannot be used together');
    const { reference } = parseImageName(text, { allTags: false });
    const name = reference.digest ?? reference.tag;
    if (name === undefined) throw new TypeError(`"${text}" has neither tag nor digest`);
    const template = format === undefined || isDefault(format) ? undefined : parseTemplate(format, { functions: FUNCTIONS });
    using registries = await context.openRegistries({ insecureRegistries: flags['insecure-registry'] });
    const repository = registries.client.repository(reference);
    const { signal } = context;
    try {
      const image = await inspectImage(repository, name, { signal });
      if (raw) context.stdout.write(image.bytes);
      else if (template === undefined) context.stdout.write(renderInspection(reference, image));
      else context.stdout.write(`${template.execute(await valueOf({ reference, repository, image, format: format ?? '', signal }))}\n`);
    } catch (error) {
      throw asPullError(error, reference);
    }
    return EXIT.success;
  },
});

/** buildx prints these two as if nothing had been asked for. */
function isDefault(format: string): boolean {
  return format === '' || format === '{{.Manifest}}';
}

interface InspectedValue {
  readonly reference: Reference;
  readonly repository: Repository;
  readonly image: InspectedImage;
  readonly format: string;
  readonly signal: AbortSignal;
}

async function valueOf({ reference, repository, image, format, signal }: InspectedValue): Promise<GoValue> {
  const name = formatReference(reference);
  // Configs and attestations are read only for templates that may show them.
  const details = /\.(?:Image|Provenance|SBOM)\b|[\s({]\.[\s)}|]/.test(format) ? await readDetails(repository, image, { signal }) : [];
  const values = { Manifest: manifestValue(image), Image: imagesOf(details), Provenance: provenanceOf(details), SBOM: sbomOf(details) };
  const { Manifest: manifest, Image, Provenance: provenance, SBOM: sbom } = values;
  return goValue({ Name: name, ...values }, { name, manifest, image: Image, provenance, sbom });
}

function imagesOf(details: readonly ImageDetails[]): unknown {
  const found = details.map(({ platform, image }) => ({ platform, value: imageValue(image) }));
  return byPlatform(found, { isOnly: details.length <= 1 });
}

function provenanceOf(details: readonly ImageDetails[]): unknown {
  return attested(details, 'SLSA', (type) => type.startsWith(SLSA));
}

function sbomOf(details: readonly ImageDetails[]): unknown {
  return attested(details, 'SPDX', (type) => type === SPDX);
}

function attested(details: readonly ImageDetails[], field: string, isWanted: (type: string) => boolean): unknown {
  const found = details.flatMap(({ platform, predicates }) => {
    const first = predicates.find(({ type }) => isWanted(type));
    return first === undefined ? [] : [{ platform, value: { [field]: first.predicate } }];
  });
  return byPlatform(found, { isOnly: details.length <= 1 });
}
