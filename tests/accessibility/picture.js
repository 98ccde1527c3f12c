// PNG pictures, as far as Chromium writes them: what is in one, and the same one smaller, with a palette.
'use strict';
const zlib = require('node:zlib');

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

// Pixels of three octets each. Chromium writes 8 bits a channel, not interlaced.
function decode(png) {
    let width, height, channels;
    const parts = [];
    for (let at = SIGNATURE.length; at < png.length;) {
        const length = png.readUInt32BE(at);
        const kind = png.toString('latin1', at + 4, at + 8);
        const data = png.subarray(at + 8, at + 8 + length);
        if (kind === 'IHDR') {
            [width, height, channels] = [data.readUInt32BE(0), data.readUInt32BE(4), { 2: 3, 6: 4 }[data[9]]];
            if (data[8] !== 8 || !channels || data[12] !== 0) throw new Error('not a PNG of the kind that Chromium writes');
        }
        if (kind === 'IDAT') parts.push(data);
        at += 12 + length;
    }
    const raw = zlib.inflateSync(Buffer.concat(parts));
    const line = width * channels;
    const rows = Buffer.alloc(line * height);
    const paeth = (a, b, c) => {
        const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
        return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    };
    for (let y = 0; y < height; y++) {
        const filter = raw[y * (line + 1)];
        for (let x = 0; x < line; x++) {
            const at = y * line + x;
            const left = x < channels ? 0 : rows[at - channels];
            const above = y === 0 ? 0 : rows[at - line];
            const corner = x < channels || y === 0 ? 0 : rows[at - line - channels];
            const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter];
            rows[at] = raw[y * (line + 1) + 1 + x] + guess;
        }
    }
    const pixels = Buffer.alloc(width * height * 3);
    for (let at = 0; at < width * height; at++) rows.copy(pixels, at * 3, at * channels, at * channels + 3);
    return { width, height, pixels };
}

function counted({ pixels }) {
    const counts = new Map();
    for (let at = 0; at < pixels.length; at += 3) {
        const colour = pixels.readUIntBE(at, 3);
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    return [...counts].sort(([, one], [, other]) => other - one);
}

// The size, how many colours there are, and which part of the whole has another one than the ground.
function measure(png) {
    const picture = decode(png);
    const counts = counted(picture);
    const all = picture.width * picture.height;
    return { width: picture.width, height: picture.height, colours: counts.length, inked: 1 - counts[0][1] / all };
}

// The same picture with the 255 colours that occur most; each other pixel takes the nearest of them.
function withPalette(png) {
    const { width, height, pixels } = decode(png);
    const counts = counted({ pixels });
    const palette = counts.slice(0, 255).map(([colour]) => colour);
    const index = new Map(palette.map((colour, at) => [colour, at]));
    const distance = (one, other) => [16, 8, 0].reduce((sum, shift) => sum + (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0);
    for (const [colour] of counts.slice(255)) {
        let best = 0;
        for (let at = 1; at < palette.length; at++) if (distance(colour, palette[at]) < distance(colour, palette[best])) best = at;
        index.set(colour, best);
    }
    const rows = Buffer.alloc((width + 1) * height);
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = index.get(pixels.readUIntBE((y * width + x) * 3, 3));
    }
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 3, 0, 0, 0], 8);
    const table = Buffer.alloc(palette.length * 3);
    palette.forEach((colour, at) => table.writeUIntBE(colour, at * 3, 3));
    return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('PLTE', table), chunk('IDAT', zlib.deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(kind, data) {
    const content = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(checksum(content), 4);
    return Buffer.concat([ends.subarray(0, 4), content, ends.subarray(4)]);
}

// CRC-32 of ISO 3309, as PNG wants it; zlib.crc32 came with Node.js 20.15.
function checksum(data) {
    let crc = 0xffffffff;
    for (const octet of data) {
        crc ^= octet;
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    return (crc ^ 0xffffffff) >>> 0;
}

module.exports = { measure, withPalette };
