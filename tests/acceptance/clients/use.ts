// Uses the API by the types that openapi-typescript made of its description.   node use.js BASE TOKEN
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[]; exit(code: number): never };

type Problem = components["schemas"]["Problem"];

const [base = "", token = ""] = process.argv.slice(2);
const reader = createClient<paths>({ baseUrl: base });
const writer = createClient<paths>({ baseUrl: base, headers: { Authorization: `Bearer ${token}` } });

function check(holds: unknown, what: string, told: unknown): asserts holds {
  if (!holds) {
    console.error(`typescript client: ${what}: ${JSON.stringify(told)}`);
    process.exit(1);
  }
}

// A search, page by page, with what is counted beside it.
const query = { limit: 5, facet: ["type" as const, "creator" as const], has_image: true };
const first = await reader.GET("/api/v1/works", { params: { query } });
const page = first.data;
check(page && page.total >= 5 && page.works.length === 5 && page.cursor, "a page", first);
check((page.facets?.["type"] ?? []).length > 0, "facets", page.facets);
const second = await reader.GET("/api/v1/works", { params: { query: { ...query, cursor: page.cursor } } });
const seen = new Set(page.works.map((one) => one.object_number));
check(second.data && second.data.works.every((one) => !seen.has(one.object_number)), "the next page", second);

// One work.
const number = page.works[0]?.object_number ?? "";
const work = await reader.GET("/api/v1/works/{work}", { params: { path: { work: number } } });
check(work.data?.object_number === number && (work.data.images?.[0]?.width ?? 0) > 0, "a work", work);

// A tag is added, judged and moved.
const added = await writer.POST("/api/v1/works/{work}/tags", {
  params: { path: { work: number } },
  body: { scheme: "motif", label: { en: "typed" }, source: "model:acceptance@2", confidence: 0.5, region: "0,0,10,10" },
});
const id = added.data?.id ?? "";
check(added.response.status === 201 && added.data?.status === "accepted" && id, "a new tag", added);
const etag = added.response.headers.get("etag") ?? "";
const judged = await writer.PATCH("/api/v1/works/{work}/tags/{tag}", {
  params: { path: { work: number, tag: id }, header: { "If-Match": etag } },
  body: { status: "rejected", region: null },
});
check(judged.data?.status === "rejected" && judged.data.region === undefined, "a judged tag", judged);

// Errors are problems that name what was wrong.
async function refused(asked: Promise<{ response: Response; error?: Problem }>, status: number, parameter?: string) {
  const { response, error } = await asked;
  check(response.status === status && error?.status === status && error.parameter === parameter, `${status}`, error);
}
await refused(reader.GET("/api/v1/works", { params: { query: { fields: "nope" } } }), 400, "fields");
await refused(reader.GET("/api/v1/works/{work}", { params: { path: { work: "no such work" } } }), 404);
const path = { work: number };
await refused(writer.POST("/api/v1/works/{work}/tags", { params: { path }, body: { scheme: "motif", label: "<b></b>" } }), 400, "label");
await refused(
  writer.PATCH("/api/v1/works/{work}/tags/{tag}", {
    params: { path: { work: number, tag: id }, header: { "If-Match": etag } },
    body: { status: "accepted" },
  }),
  412,
);
console.log("typescript client: all as described");
