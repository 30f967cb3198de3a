// All that the official openai SDK for Node can do with videos, done once against a server: the
// steps of scenario.py.
//
//     OPENAI_API_KEY=KEY node scenario.mjs BASE_URL
//
// The SDK is the one in the current folder's node_modules. BASE_URL is a `sorapipe serve` that is
// strict, has KEY as its token and has done nothing else yet. Prints a line for each step; ends
// with 1 at the first that is not as it should be.

import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'index.js'));
const OpenAI = require('openai');
const { toFile } = OpenAI;

const STILLS = new URL('../../examples/pipelines/stills/', import.meta.url);
const PICTURE = new URL('lighthouse.jpg', STILLS); // 1280x720
const OTHER_SIZE = new URL('harbour.jpg', STILLS); // 1200x900
const PROMPT = 'A lighthouse on a rock at dawn; gulls turn in the wind';

const baseURL = process.argv[2];
const apiKey = process.env.OPENAI_API_KEY ?? 'any';
const options = { baseURL, apiKey, maxRetries: 0, timeout: 120_000 };
const sdk = new OpenAI(options);
const folder = mkdtempSync(join(tmpdir(), 'sorapipe-node-'));
const made = []; // ids, in order; the first is of PROMPT and all defaults, and finished

// A video just asked for, kept in mind.
function noted(video) {
  assert.equal(video.status, 'queued', 'status of a new video');
  assert.ok(!made.includes(video.id), `the id ${video.id} was given twice`);
  made.push(video.id);
  return video;
}

// The SDK for Node has no poll of its own: this is what its users write.
async function finished(video) {
  while (!['completed', 'failed'].includes(video.status)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    video = await sdk.videos.retrieve(video.id);
  }
  assert.deepEqual([video.status, video.progress], ['completed', 100], 'end of the render');
  return video;
}

async function bytesOf(id, query = {}) {
  const answer = await sdk.videos.downloadContent(id, query);
  return Buffer.from(await answer.arrayBuffer());
}

// The error that the call raises, which must be exactly of that class and have those words.
async function refused(kind, words, call) {
  let raised;
  try {
    await call();
  } catch (error) {
    raised = error;
  }
  assert.ok(raised, `${kind.name} was not raised`);
  assert.equal(raised.constructor.name, kind.name, raised.message);
  assert.ok(raised.message.includes(words), `'${words}' is not in: ${raised.message}`);
  return raised;
}

async function all(pages) {
  const ids = [];
  for await (const video of pages) ids.push(video.id);
  return ids;
}

// The address of a loopback server that has the picture, while `use` runs.
async function pictureServed(use) {
  const server = createServer((_, answer) => answer.end(readFileSync(PICTURE)));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${server.address().port}/lighthouse.jpg`);
  } finally {
    server.close();
  }
}

const steps = {
  async createWithDefaults() {
    const video = noted(await sdk.videos.create({ prompt: PROMPT }));
    assert.equal(video.object, 'video');
    assert.deepEqual([video.model, video.size, video.seconds], ['sora-2', '1280x720', '4']);
    assert.deepEqual([video.prompt, video.progress], [PROMPT, 0]);
    assert.ok(Math.abs(video.created_at - Date.now() / 1000) < 60, `created_at ${video.created_at}`);
    for (const name of ['completed_at', 'expires_at', 'error', 'remixed_from_video_id']) {
      assert.equal(video[name], null, name);
    }
    return video.id;
  },

  async pollAndRetrieve() {
    const ended = await finished(await sdk.videos.retrieve(made[0]));
    assert.ok(ended.completed_at >= ended.created_at, 'completed_at');
    assert.ok(ended.expires_at > Date.now() / 1000, 'expires_at');
    assert.equal(ended.error, null);
    assert.deepEqual(await sdk.videos.retrieve(made[0]), ended);
    return `expires after ${ended.expires_at - ended.completed_at} s`;
  },

  async download() {
    const answer = await sdk.videos.downloadContent(made[0]);
    assert.equal(answer.headers.get('content-type'), 'video/mp4');
    const film = Buffer.from(await answer.arrayBuffer());
    assert.equal(film.toString('latin1', 4, 8), 'ftyp');
    writeFileSync(join(folder, 'first.mp4'), film);
    assert.deepEqual(await bytesOf(made[0], { variant: 'video' }), film);
    const parts = [];
    for await (const part of (await sdk.videos.downloadContent(made[0])).body) parts.push(part);
    assert.deepEqual(Buffer.concat(parts), film, 'streamed bytes');
    const thumbnail = await bytesOf(made[0], { variant: 'thumbnail' });
    assert.equal(thumbnail.toString('latin1', 8, 12), 'WEBP');
    const sheet = await bytesOf(made[0], { variant: 'spritesheet' });
    assert.deepEqual([...sheet.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    return `${film.length} bytes`;
  },

  async createFromAPicture() {
    const asked = { prompt: 'A slow push', model: 'sora-2-pro', seconds: '4', size: '1280x720' };
    const picture = createReadStream(PICTURE);
    const video = noted(await sdk.videos.create({ ...asked, input_reference: picture }));
    assert.equal((await finished(video)).model, 'sora-2-pro');
    return video.id;
  },

  async remix() {
    const video = noted(await sdk.videos.remix(made[0], { prompt: 'The same in a thunderstorm' }));
    assert.equal(video.remixed_from_video_id, made[0]);
    assert.deepEqual([video.model, video.size, video.seconds], ['sora-2', '1280x720', '4']);
    await finished(video);
    assert.notDeepEqual(await bytesOf(video.id), await bytesOf(made[0]), 'the remix is its parent');
    return video.id;
  },

  async edit() {
    const parent = await bytesOf(made[0]);
    const byId = noted(await sdk.videos.edit({ prompt: 'Make it night', video: { id: made[0] } }));
    const file = createReadStream(join(folder, 'first.mp4'));
    const byFile = noted(await sdk.videos.edit({ prompt: 'Let it snow', video: file }));
    assert.deepEqual([byFile.size, byFile.seconds], ['1280x720', '4']);
    await finished(byId);
    await finished(byFile);
    const films = [parent, await bytesOf(byId.id), await bytesOf(byFile.id)];
    assert.equal(new Set(films.map(String)).size, 3, 'two are the same');
    return 'by video[id] and by file';
  },

  async extend() {
    const asked = { prompt: 'The sun rises', seconds: '4', video: { id: made[0] } };
    const video = noted(await sdk.videos.extend(asked));
    assert.equal(video.seconds, '8', 'seconds of the whole');
    await finished(video);
    return video.id;
  },

  async characters() {
    const file = createReadStream(join(folder, 'first.mp4'));
    const character = await sdk.videos.createCharacter({ name: 'The keeper', video: file });
    assert.equal(character.name, 'The keeper');
    assert.deepEqual(await sdk.videos.getCharacter(character.id), character);
    await refused(OpenAI.NotFoundError, 'char_0', () => sdk.videos.getCharacter('char_0'));
    const unknown = { prompt: 'a', characters: [{ id: 'char_0' }] };
    await refused(OpenAI.NotFoundError, 'char_0', () => sdk.videos.create(unknown));
    const body = { prompt: 'The keeper waves', characters: [{ id: character.id }] };
    noted(await sdk.videos.create(body));
    noted(await sdk.post('/videos', { body }));
    return character.id;
  },

  async extraFields() {
    const video = noted(await sdk.videos.create({ prompt: PROMPT, seed: 7 }));
    await finished(video);
    assert.notDeepEqual(await bytesOf(video.id), await bytesOf(made[0]), 'the seed changed nothing');
    return video.id;
  },

  async referencesByFile() {
    const data = readFileSync(PICTURE);
    const named = await toFile(data, 'a.jpg', { type: 'image/jpeg' });
    const file = new File([data], 'b.jpg', { type: 'image/jpeg' });
    for (const given of [file, named, createReadStream(PICTURE)]) {
      noted(await sdk.videos.create({ prompt: 'Waves', input_reference: given }));
    }
    return '3 ways';
  },

  async referencesByAddress() {
    const data = `data:image/jpeg;base64,${readFileSync(PICTURE).toString('base64')}`;
    await pictureServed(async (address) => {
      for (const url of [data, address]) {
        noted(await sdk.videos.create({ prompt: 'Waves', input_reference: { image_url: url } }));
      }
    });
    return 'by input_reference[image_url]';
  },

  async listing() {
    assert.ok(made.length > 6, 'too few videos for three pages');
    assert.deepEqual(await all(sdk.videos.list({ limit: 3 })), made.toReversed(), 'newest first');
    assert.deepEqual(await all(sdk.videos.list({ limit: 4, order: 'asc' })), made, 'oldest first');
    const page = await sdk.videos.list({ limit: 2, order: 'asc', after: made[0] });
    assert.deepEqual(page.data.map((video) => video.id), made.slice(1, 3), 'a page');
    assert.ok(page.hasNextPage(), 'there is no next page');
    const next = await page.getNextPage();
    assert.deepEqual(next.data.map((video) => video.id), made.slice(3, 5), 'the next');
    return `${made.length} videos`;
  },

  async badRequests() {
    const bad = [
      { prompt: '' },
      { size: '1x1' },
      { seconds: '5' },
      { model: 'sora-3' },
      { size: '1792x1024' }, // sora-2-pro alone has it
    ];
    for (const fields of bad) {
      const call = () => sdk.videos.create({ prompt: 'a', ...fields });
      const error = await refused(OpenAI.BadRequestError, '', call);
      assert.equal(error.type, 'invalid_request_error');
      assert.equal(error.param, Object.keys(fields)[0]);
    }
    const asked = { prompt: 'a', input_reference: createReadStream(OTHER_SIZE) };
    const words = 'Inpaint image must match the requested width';
    await refused(OpenAI.BadRequestError, words, () => sdk.videos.create(asked));
    return `${bad.length + 1} refused`;
  },

  async notFound() {
    for (const name of ['retrieve', 'downloadContent', 'delete']) {
      await refused(OpenAI.NotFoundError, 'video_0', () => sdk.videos[name]('video_0'));
    }
    const asked = { prompt: 'a' };
    await refused(OpenAI.NotFoundError, 'video_0', () => sdk.videos.remix('video_0', asked));
    return '4 operations';
  },

  async wrongKey() {
    const stranger = new OpenAI({ ...options, apiKey: 'wrong' });
    await refused(OpenAI.AuthenticationError, 'API key', () => stranger.videos.list());
    return '401';
  },

  async rateLimit() {
    const headers = { 'X-Sorapipe-Fault': '429' };
    const call = () => sdk.videos.create({ prompt: 'a' }, { headers });
    const error = await refused(OpenAI.RateLimitError, '', call);
    const wait = Number.parseInt(error.headers.get('retry-after'), 10);
    assert.ok(wait >= 0, 'Retry-After');
    return `Retry-After ${wait}`;
  },

  async delete() {
    const gone = await sdk.videos.delete(made[0]);
    assert.deepEqual([gone.id, gone.deleted, gone.object], [made[0], true, 'video.deleted']);
    for (const name of ['retrieve', 'delete']) {
      await refused(OpenAI.NotFoundError, made[0], () => sdk.videos[name](made[0]));
    }
    return made.shift();
  },
};

async function main() {
  const { VERSION } = require('openai/version');
  console.log(`openai ${VERSION} on Node ${process.version}, against ${baseURL}`);
  for (const [index, [name, run]] of Object.entries(steps).entries()) {
    const began = performance.now();
    try {
      const seen = await run();
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`  ${String(index + 1).padStart(2)} ${name}: ${seen} (${seconds} s)`);
    } catch (error) {
      console.log(`FAILED ${name}\n  ${error.name}: ${error.message}`);
      return 1;
    }
  }
  return 0;
}

try {
  process.exitCode = await main();
} finally {
  rmSync(folder, { recursive: true });
}
