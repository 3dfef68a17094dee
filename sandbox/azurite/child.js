// Azurite's blob service as a child of the platform (sandbox/child.py says what that means): one JSON line on
// stdout when it takes requests, a clean end on SIGTERM, and an end when stdin closes. Telemetry is never set up.
//
// node child.js AZURITE_FOLDER --blobHost 127.0.0.1 --blobPort N --location DIR ...
"use strict";

const path = require("node:path");

const azurite = path.join(process.argv.splice(2, 1)[0], "dist", "src");
const { BlobServerFactory } = require(path.join(azurite, "blob", "BlobServerFactory"));
const { AzuriteTelemetryClient } = require(path.join(azurite, "common", "Telemetry"));
AzuriteTelemetryClient.enableTelemetry = false;

async function main() {
  const server = await new BlobServerFactory().createServer();
  await server.start();
  let ending = false;
  const stop = () => {
    if (ending) return;
    ending = true;
    server.close().then(() => process.exit(0), () => process.exit(1));
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  process.stdin.on("end", stop).on("error", stop).resume();
  const port = Number(new URL(server.getHttpServerAddress()).port);
  process.stdout.write(JSON.stringify({ ready: true, port }) + "\n");
}

main().catch((error) => {
  console.error(`Azurite cannot start: ${error.message}`);
  process.exit(1);
});
