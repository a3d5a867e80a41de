using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Export;

/// <summary>
/// Writes activations as an Arrow IPC file while they are computed: a row per prompt, hook point, position and head, with its
/// value as a list of <see cref="Width"/> float32. Memory holds a few megabytes, whatever the file's size. The file appears
/// when it is finished. <see cref="ActivationFile"/> reads it mapped into memory.
/// </summary>
public sealed class ActivationWriter : IDisposable
{
    private const int BatchFloats = 1 << 20;
    private const int DigestCharacters = 64;

    // What is known at the end keeps its room in the schema, which is written first.
    private static readonly Dictionary<string, string> ToCome = new()
    {
        [ResultMetadata.ResultSha256] = new string('0', DigestCharacters),
        [ResultMetadata.ContentSha256] = new string('1', DigestCharacters),
        [ResultMetadata.Complete] = "complete, to come",
        [ResultMetadata.RowsDone] = "rows done, to come",
    };

    private readonly ActivationHash _content = new();
    private readonly long _rowsExpected;

    private readonly TransformerModel _model;
    private readonly IReadOnlyList<HookPoint> _points;
    private readonly Dictionary<string, int> _tokens = new(StringComparer.Ordinal);
    private readonly PendingFile _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<float> _values = new();
    private readonly List<(int Prompt, int Hook, int? Layer, int Pos, int Token, int? Head)> _rows = [];
    private readonly StringArray _hookNames;
    private readonly StringArray _tokenTexts;
    private readonly Schema _schema;
    private readonly ArrowFileWriter _writer;

    /// <summary>Begins a file.</summary>
    /// <param name="path">The file; an existing one is replaced when this one is finished.</param>
    /// <param name="model">The model.</param>
    /// <param name="points">The hook points, of one row width (<see cref="WidthOf"/>).</param>
    /// <param name="prompts">Tokens of all prompts that will come.</param>
    /// <param name="metadata">Where the file comes from; version of the layout and hash are added.</param>
    /// <exception cref="InvalidInputException">Points are of different widths, or the file cannot be written.</exception>
    public ActivationWriter(
        string path, TransformerModel model, IReadOnlyList<HookPoint> points, IReadOnlyList<IReadOnlyList<int>> prompts,
        IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(metadata);
        _model = model;
        Width = WidthOf(model, points, prompts);
        _points = points;
        foreach (int token in prompts.SelectMany(p => p).Distinct())
        {
            _tokens.TryAdd(model.TokenText(token), _tokens.Count);
        }

        _rowsExpected = points.Sum(point => Math.Max(1L, model.Hooks.Heads(point))) * prompts.Sum(p => (long)p.Count);
        (_hookNames, _tokenTexts) = (ArrowTypes.Texts(points.Select(model.Hooks.Name)), ArrowTypes.Texts(_tokens.Keys));
        _schema = new Schema(
            [
                new Field("prompt", Int32Type.Default, true), new Field("hook", ArrowTypes.Of(ColumnType.Text), true),
                new Field("layer", Int32Type.Default, true), new Field("pos", Int32Type.Default, true),
                new Field("token", ArrowTypes.Of(ColumnType.Text), true), new Field("head", Int32Type.Default, true),
                new Field("value", new FixedSizeListType(new Field("item", FloatType.Default, true), Width), true),
            ],
            new SortedDictionary<string, string>(metadata.Where(m => !ToCome.ContainsKey(m.Key)).Concat(ToCome).ToDictionary(), StringComparer.Ordinal)
            {
                [ResultMetadata.SchemaVersion] = ResultMetadata.CurrentSchemaVersion,
                [ResultMetadata.RowsExpected] = _rowsExpected.ToString(CultureInfo.InvariantCulture),
            });
        Path = path;
        _file = PendingFile.Create(path);
        ArrowFileWriter? writer = null;
        _file.Write(stream =>
        {
            writer = new ArrowFileWriter(stream, _schema, leaveOpen: true);
            writer.WriteStart();
        });
        _writer = writer!;
    }

    /// <summary>The file that they will be in, or are in once it is finished.</summary>
    public string Path { get; private set; }

    /// <summary>Numbers of a row's value.</summary>
    public int Width { get; }

    /// <summary>The metadata that was written; empty before <see cref="Finish"/>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The width of the rows of hook points: their last axis.</summary>
    /// <param name="model">The model.</param>
    /// <param name="points">The points.</param>
    /// <param name="prompts">Tokens of all prompts; rows over source positions are as long as their prompt.</param>
    /// <exception cref="InvalidInputException">It is not the same for all.</exception>
    public static int WidthOf(TransformerModel model, IReadOnlyList<HookPoint> points, IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(prompts);
        (string Name, int Width)[] widths =
        [
            .. from point in points
               from length in prompts.Select(p => p.Count).Distinct()
               select (model.Hooks.Name(point), model.Hooks.Shape(point, length, length)[^1]),
        ];
        (string Name, int Width)? other = widths.Where(w => w.Width != widths[0].Width).Cast<(string, int)?>().FirstOrDefault();
        return other is not { } found ? widths[0].Width
            : throw new InvalidInputException(found.Name == widths[0].Name
                ? $"{found.Name}: its rows are as long as their prompt, {widths[0].Width} and {found.Width}; expected prompts of one length, or .safetensors"
                : $"one table has rows of one width: {widths[0].Name} has {widths[0].Width}, {found.Name} has {found.Width}; expected hooks of "
                    + "one width, a folder (a table for each site), or .safetensors");
    }

    /// <summary>Writes what a prompt recorded at the points.</summary>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="cache">What it recorded.</param>
    /// <exception cref="InvalidInputException">A point was not recorded, or the file cannot be written.</exception>
    public void Write(int prompt, IReadOnlyList<int> tokens, ActivationCache cache)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(cache);
        for (int hook = 0; hook < _points.Count; hook++)
        {
            HookPoint point = _points[hook];
            int heads = _model.Hooks.Heads(point), layer = point.Layer;
            _hash.AppendData(Encoding.UTF8.GetBytes(
                $"{prompt}/{_model.Hooks.Name(point)}[{tokens.Count},{Math.Max(heads, 1)},{Width}] {string.Join(' ', tokens)}\n"));
            for (int position = 0; position < tokens.Count; position++)
            {
                int token = _tokens[_model.TokenText(tokens[position])];
                for (int head = 0; head < Math.Max(heads, 1); head++)
                {
                    ReadOnlySpan<float> value = cache.Row(point, position, head);
                    _values.Write(value);
                    _hash.AppendData(MemoryMarshal.AsBytes(value));
                    int? named = heads == 0 ? null : head, inLayer = layer < 0 ? null : layer;
                    _rows.Add((prompt, hook, inLayer, position, token, named));
                    _content.Append(prompt, hook, inLayer, position, token, named, value);
                    if (_values.WrittenCount >= BatchFloats)
                    {
                        Flush();
                    }
                }
            }
        }
    }

    /// <summary>Ends the file and puts it in its place. It says that it is a part where prompts are missing.</summary>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    public void Finish()
    {
        if (_rows.Count > 0 || Rows == 0)
        {
            Flush();
        }

        Dictionary<string, string> known = new()
        {
            [ResultMetadata.ResultSha256] = Convert.ToHexStringLower(_hash.GetHashAndReset()),
            [ResultMetadata.ContentSha256] = _content.Finish(_points.Select(_model.Hooks.Name), _tokens.Keys),
            [ResultMetadata.Complete] = Rows == _rowsExpected ? "true" : "false",
            [ResultMetadata.RowsDone] = Rows.ToString(CultureInfo.InvariantCulture),
        };
        Metadata = new SortedDictionary<string, string>(
            _schema.Metadata.ToDictionary(m => m.Key, m => known.GetValueOrDefault(m.Key, m.Value)), StringComparer.Ordinal);
        _file.Write(stream =>
        {
            _writer.WriteEnd();
            stream.Flush();
            foreach ((long offset, int length) in IpcFile.Schemas(stream))
            {
                Fill(stream, offset, length, known);
            }
        });
        _file.Commit(Path);
        if (Rows == _rowsExpected)
        {
            PartFile.Remove(Path);
        }
    }

    /// <summary>Ends a file whose work was stopped, as <see cref="TableWriter.FinishPart"/> a table.</summary>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    public void FinishPart()
    {
        Path = PartFile.PlaceFor(Path);
        Finish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _hash.Dispose();
        _content.Dispose();
        _file.Dispose();
    }

    private static void Fill(Stream stream, long offset, int length, Dictionary<string, string> known)
    {
        var schema = new byte[length];
        stream.Position = offset;
        stream.ReadExactly(schema);
        foreach ((string key, string room) in ToCome)
        {
            int at = schema.AsSpan().IndexOf(Encoding.ASCII.GetBytes(room));
            if (at < 0)
            {
                throw new InvalidOperationException($"the schema of the file has no room for {key}");
            }

            // A text has its length before it and a zero after it; what is left of the room is zeros too.
            schema.AsSpan(at, room.Length).Clear();
            Encoding.ASCII.GetBytes(known[key], schema.AsSpan(at));
            BinaryPrimitives.WriteInt32LittleEndian(schema.AsSpan(at - sizeof(int)), known[key].Length);
        }

        stream.Position = offset;
        stream.Write(schema);
    }

    private void Flush()
    {
        int rows = _rows.Count;
        IArrowArray[] columns =
        [
            Numbers(_rows.Select(r => (int?)r.Prompt)), Names(1, _rows.Select(r => r.Hook), _hookNames), Numbers(_rows.Select(r => r.Layer)),
            Numbers(_rows.Select(r => (int?)r.Pos)), Names(4, _rows.Select(r => r.Token), _tokenTexts), Numbers(_rows.Select(r => r.Head)),
            Values(rows),
        ];
        _file.Write(_ => _writer.WriteRecordBatch(new RecordBatch(_schema, columns, rows)));
        Rows += rows;
        _rows.Clear();
        _values.ResetWrittenCount();
    }

    private static Int32Array Numbers(IEnumerable<int?> values)
    {
        var builder = new Int32Array.Builder();
        foreach (int? value in values)
        {
            builder.Append(value);
        }

        return builder.Build();
    }

    private DictionaryArray Names(int field, IEnumerable<int> codes, StringArray names) => new(
        (DictionaryType)_schema.GetFieldByIndex(field).DataType, new Int32Array.Builder().AppendRange(codes).Build(), names);

    private FixedSizeListArray Values(int rows)
    {
        byte[] bytes = MemoryMarshal.AsBytes(_values.WrittenSpan).ToArray();
        var numbers = new FloatArray(new ArrayData(FloatType.Default, rows * Width, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(bytes)]));
        return new FixedSizeListArray(_schema.GetFieldByIndex(6).DataType, rows, numbers, ArrowBuffer.Empty, 0);
    }
}
