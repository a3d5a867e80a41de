// Prints what a reader of others sees in Arrow files: a line of JSON for each file, with columns, types, metadata and rows.
// Floats are printed as the hexadecimal digits of their bits, so that nothing is lost on the way; NaN as "nan"; 64-bit integers as text.
// Usage: node read.mjs apache-arrow|polars FILE...
import { readFileSync } from "node:fs";

const [reader, ...files] = process.argv.slice(2);
const view = new DataView(new ArrayBuffer(8));

function bits(number) {
  // JavaScript has one NaN, whichever bits it came with.
  if (Number.isNaN(number)) return "nan";
  view.setFloat64(0, number);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

function cell(value, type) {
  if (value === null || value === undefined) return null;
  if (type === "float64") return bits(value);
  if (type === "int64") return value.toString();
  return typeof value === "object" ? Array.from(value, bits) : value;
}

async function arrow() {
  const { tableFromIPC } = await import("apache-arrow");
  const short = { Int32: "int32", Int64: "int64", Float64: "float64", "Dictionary<Int32, Utf8>": "dictionary" };
  return (file) => {
    const table = tableFromIPC(readFileSync(file));
    const columns = table.schema.fields.map((f) => [f.name, short[f.type.toString()] ?? f.type.toString()]);
    const dictionaries = Object.fromEntries(columns.filter(([, type]) => type === "dictionary").map(([name]) => [
      name, table.numRows === 0 ? [] : [...table.getChild(name).data[0].dictionary]]));
    const vectors = columns.map(([name]) => table.getChild(name));
    const rows = Array.from({ length: table.numRows }, (_, i) => vectors.map((v, c) => cell(v.get(i), columns[c][1])));
    return { columns, dictionaries, metadata: Object.fromEntries(table.schema.metadata), rows };
  };
}

async function polars() {
  const { default: pl } = await import("nodejs-polars");
  const short = { Int32: "int32", Int64: "int64", Float64: "float64", Categorical: "dictionary" };
  return (file) => {
    const frame = pl.readIPC(readFileSync(file));
    const columns = frame.columns.map((name, i) => [name, short[frame.dtypes[i].variant] ?? String(frame.dtypes[i].variant)]);
    const values = columns.map(([name, type]) => {
      const series = frame.getColumn(name);
      return (type === "dictionary" || type === "int64" ? series.cast(pl.Utf8) : series).toArray();
    });
    const rows = Array.from({ length: frame.height }, (_, i) => values.map((v, c) => cell(v[i], columns[c][1])));
    return { columns, dictionaries: null, metadata: null, rows };
  };
}

const read = reader === "polars" ? await polars() : await arrow();
for (const file of files) {
  console.log(JSON.stringify(read(file)));
}
