// Long because: a table of every field of a site.
import { isIP } from "node:net";
import { z } from "zod";
import { VARIABLE_NAMES } from "../../src/config/config.ts";

/** Names that a deploy sets itself, so that a site must not. */
export const SET_BY_DEPLOY: readonly string[] = [
  "NODE_NAME",
  "HTTP_HOST",
  "HTTP_PORT",
  "GATEWAY_HOST",
  "GATEWAY_PORT",
  "ESL_HOST",
  "ESL_PORT",
  "ESL_ALLOW",
  "MEDIA_HOST",
  "SHARDS",
  "MAX_CONNECTIONS",
  "DRAIN_SECONDS",
  "ASSISTANTS_FILE",
  "REDIS_URL",
];

const SECRET_NAME = /(_KEY|_KEYS|_SECRET|_PASSWORD|_TOKEN)$/;
const REFERENCE = /^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/\S+)$/;
const LABEL = /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/;

const name = z.string({ error: "must be a text" }).regex(
  LABEL,
  "must be 1 to 32 of a-z 0-9 -, beginning with a letter",
);
const host = z.string({ error: "must be a text" }).regex(
  /^(?=[^.:-])[0-9A-Za-z.:-]{1,253}$/,
  "must be an address or a host name",
);
const address = z.string({ error: "must be a text" }).refine(
  (text) => isIP(text) !== 0,
  "must be an IP address",
);
const network = z.string({ error: "must be a text" }).refine(
  isNetwork,
  "must be a network such as 10.0.0.0/24",
);
const path = z.string({ error: "must be a text" }).regex(
  /^[^\0\s'"\\$]+$/,
  "must be a path without spaces, quotes, backslashes and dollar signs",
);
const port = integer(1, 65535);
const reference = z.string({ error: "must be a text" }).regex(
  REFERENCE,
  "must be env:NAME or file:/path, never the secret itself",
);

/** The description of one installation, as it stands in deploy/site.yaml. */
export const SITE = z.strictObject({
  name: name.default("vapi-cn"),
  model: choice(["stepfun", "simulator"]).default("stepfun"),
  domain: z.string({ error: "must be a text" }).regex(
    /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
    "must be a domain name in small letters",
  ).default("localhost"),
  image: z.string({ error: "must be a text" }).regex(
    /^[a-z0-9][a-z0-9._:/-]{0,200}(:[\w.-]{1,128})?(@sha256:[0-9a-f]{64})?$/,
    "must be an image such as registry.example.com/vapi-cn:1.0.0",
  ).default("vapi-cn:latest"),
  uap: z.strictObject({ address }, { error: "must be a map" }).optional(),
  freeswitch: list(z.strictObject({
    name,
    host: address,
    eslPort: port.default(8021),
    eslPassword: reference.optional(),
    webPassword: reference.optional(),
    trunkPassword: reference.optional(),
  }, { error: "must be a map" })).default([]),
  nodes: list(z.strictObject({
    name,
    host,
    httpPort: port.optional(),
    eslPort: port.optional(),
    gatewayPort: port.optional(),
    sshUser: z.string({ error: "must be a text" }).regex(
      /^[a-z_][a-z0-9_-]{0,31}$/,
      "must be a user's name",
    ).optional(),
  }, { error: "must be a map" })).min(1, "must list at least one node"),
  trunks: list(z.strictObject({
    number: z.string({ error: "must be a text: write it in quotes" }).regex(
      /^\d{3,15}$/,
      "must be 3 to 15 digits",
    ),
    assistant: z.string({ error: "must be a text" }).regex(
      /^[0-9A-Za-z_.-]{1,64}$/,
      "must be the id of an assistant",
    ),
  }, { error: "must be a map" })).default([]),
  agents: list(
    z.string({ error: "must be a text: write it in quotes" }).regex(
      /^\d{1,32}$/,
      "must be 1 to 32 digits",
    ),
  ).default([]),
  assistantsFile: path.optional(),
  sizes: z.strictObject({
    shards: integer(1, 64).default(1),
    maxConnections: integer(1, 100_000).default(200),
    drainSeconds: integer(0, 86_400).default(30),
    readySeconds: integer(1, 3600).default(60),
  }, { error: "must be a map" }).prefault({}),
  redis: z.discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("managed") }),
    z.strictObject({ mode: z.literal("external"), url: reference }),
    z.strictObject({ mode: z.literal("none") }),
  ], { error: "must have mode managed, external (with url) or none" })
    .prefault({ mode: "managed" }),
  secrets: z.record(secretName(), reference, { error: "must be a map" })
    .default({}),
  settings: z.record(settingName(), settingValue(), {
    error: "must be a map",
  }).default({}),
  placeholders: z.record(
    z.string().regex(/^[A-Z][A-Z0-9_]*$/, "must be a name such as VIP"),
    settingValue(),
    { error: "must be a map" },
  ).default({}),
  local: z.strictObject({
    watchSeconds: integer(1, 60).optional(),
  }, { error: "must be a map" }).prefault({}),
  kubernetes: z.strictObject({
    namespace: name.default("vapi-cn"),
    hostNetwork: z.boolean({ error: "must be true or false" }).default(false),
    maxNodes: integer(1, 100).default(6),
    freeswitchNetworks: list(network).default([]),
  }, { error: "must be a map" }).prefault({}),
}, { error: "must be a map of fields" });

/** A valid site with every default filled in. */
export type Site = Readonly<z.infer<typeof SITE>>;
/** One server of a site. */
export type SiteNode = Site["nodes"][number];
/** One FreeSWITCH of a site. */
export type SiteSwitch = Site["freeswitch"][number];

function integer(least: number, most: number) {
  const error = `must be an integer from ${least} to ${most}`;
  return z.int({ error }).min(least, error).max(most, error);
}

function choice<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: `must be one of ${values.join(", ")}` });
}

function list<T extends z.ZodType>(item: T) {
  return z.array(item, { error: "must be a list" });
}

function secretName() {
  return z.string().refine(
    (text) => VARIABLE_NAMES.includes(text) && SECRET_NAME.test(text),
    "must be a secret of the server, such as STEPFUN_API_KEY or SESSION_KEYS",
  );
}

function settingName() {
  return z.string().superRefine((text, context) => {
    const message = SET_BY_DEPLOY.includes(text)
      ? "is set by the deploy: use nodes, sizes, redis or assistantsFile"
      : SECRET_NAME.test(text)
      ? "belongs under secrets, by reference"
      : VARIABLE_NAMES.includes(text)
      ? undefined
      : "is no setting of the server; docs/configuration.md lists all";
    if (message) context.addIssue({ code: "custom", message });
  });
}

/** YAML reads 30 as a number and on as a text; the server gets texts. */
function settingValue() {
  return z.union([z.string(), z.number(), z.boolean()], {
    error: "must be a text or a number",
  }).transform(String).refine(
    (text) => !/[\p{Cc}'"\\$]/u.test(text),
    "must have no line breaks, quotes, backslashes and dollar signs",
  );
}

function isNetwork(text: string): boolean {
  const [base, bits, ...rest] = text.split("/");
  const version = isIP(base);
  if (version === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits ?? "")) {
    return false;
  }
  return Number(bits) <= (version === 4 ? 32 : 128);
}
