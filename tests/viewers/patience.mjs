// How long tests wait for a browser, in milliseconds. Waiting ends as soon as what is awaited is there, so that much
// patience costs nothing but where a test fails; a machine that does other work needs it.
export const PATIENCE = 120_000;
