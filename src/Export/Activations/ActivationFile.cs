using System.IO.MemoryMappedFiles;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>What a row of activations is of.</summary>
/// <param name="Prompt">0-based row of the input.</param>
/// <param name="Hook">Canonical name of the hook point.</param>
/// <param name="Layer">Layer; null outside the blocks.</param>
/// <param name="Pos">Position.</param>
/// <param name="Token">Text of the token there.</param>
/// <param name="Head">Head; null where the point has none.</param>
public readonly record struct ActivationRow(int Prompt, string Hook, int? Layer, int Pos, string Token, int? Head);

/// <summary>
/// Activations in a file of <see cref="ActivationWriter"/>, mapped into memory, so the file may be larger than memory. Opening it reads it
/// through once to hold it against its hash; what is asked for then is read again.
/// </summary>
public sealed unsafe class ActivationFile : IDisposable
{
    private const string Expected = "expected an uncompressed Arrow file of activations, as `cache --out FILE.arrow` writes it";

    // Buffers of a batch: validity and data of each column; a list has its validity, then those of its items.
    private const int Prompt = 1, Hook = 3, LayerValidity = 4, Layer = 5, Pos = 7, Token = 9, HeadValidity = 10, Head = 11, Value = 14;

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bytes;
    private readonly Batch[] _batches;
    private readonly string[] _hooks;
    private readonly string[] _tokens;
    private readonly Dictionary<(int Prompt, string Hook), long> _first = [];

    private ActivationFile(string path, FileStream stream)
    {
        SchemaCopies.RequireSame(stream, path);
        using (var reader = new ArrowFileReader(stream, leaveOpen: true))
        {
            Schema schema = reader.Schema;
            Width = schema.FieldsList is [.., { Name: "value", DataType: FixedSizeListType { ValueDataType: FloatType } list }] && schema.FieldsList.Count == 7
                ? list.ListSize
                : throw new InvalidInputException($"{path}: {Expected}; found other columns");
            Metadata = schema.Metadata ?? new Dictionary<string, string>();
            using RecordBatch first = reader.ReadNextRecordBatch() ?? throw new InvalidInputException($"{path}: {Expected}; found no batch");
            (_hooks, _tokens) = (Texts(first.Column(1)), Texts(first.Column(4)));
        }

        var batches = new List<Batch>();
        foreach ((long offset, int message, _) in IpcFile.Batches(stream))
        {
            var bytes = new byte[message];
            stream.Position = offset;
            stream.ReadExactly(bytes);
            (long rows, long[] buffers) = IpcFile.Batch(bytes);
            var batch = new Batch(Count, rows, offset + message, buffers);
            RequireInside(batch, Width, stream.Length, path);
            batches.Add(batch);
            Count += rows;
        }

        _batches = [.. batches];
        _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _bytes = start;
        for (long row = 0; row < Count; row++)
        {
            (Batch batch, long at) = Find(row);
            _first.TryAdd((Int32(batch, Prompt, at), _hooks[Int32(batch, Hook, at)]), row);
        }
    }

    /// <summary>Number of rows.</summary>
    public long Count { get; private set; }

    /// <summary>Numbers of a row's value.</summary>
    public int Width { get; }

    /// <summary>Where the file comes from.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>What a row is of.</summary>
    /// <param name="row">0-based row.</param>
    public ActivationRow this[long row]
    {
        get
        {
            (Batch batch, long at) = Find(row);
            return new ActivationRow(
                Int32(batch, Prompt, at), _hooks[Int32(batch, Hook, at)], Nullable(batch, LayerValidity, Layer, at), Int32(batch, Pos, at),
                _tokens[Int32(batch, Token, at)], Nullable(batch, HeadValidity, Head, at));
        }
    }

    /// <summary>Opens a file and checks that nothing in it was changed since it was written.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">There is none, it is not one of activations, or it was changed.</exception>
    public static ActivationFile Open(string path) => Open(path, verify: true);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="verify">
    /// Whether it is read through and held against its hash; false = nothing is read before it is asked for, of a file that was opened before.
    /// </param>
    /// <exception cref="InvalidInputException">There is none, it is not one of activations, or it was changed.</exception>
    public static ActivationFile Open(string path, bool verify)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!File.Exists(path))
        {
            throw new InvalidInputException($"{path}: no such file");
        }

        FileStream stream = ArrowTableReader.Open(path);
        ActivationFile? file = null;
        try
        {
            file = new ActivationFile(path, stream);
            if (verify)
            {
                file.Verify(path);
            }

            return file;
        }
        catch (Exception exception)
        {
            file?.Dispose();
            stream.Dispose();
            throw exception switch
            {
                InvalidInputException input when input.Message.StartsWith(path, StringComparison.Ordinal) => input,
                _ => new InvalidInputException($"{path}: {Expected} ({exception.Message.ReplaceLineEndings(" ")})", exception),
            };
        }
    }

    /// <summary>The value of a row, [<see cref="Width"/>], in the mapped file: valid until this is disposed.</summary>
    /// <param name="row">0-based row.</param>
    public ReadOnlySpan<float> Values(long row)
    {
        (Batch batch, long at) = Find(row);
        return new ReadOnlySpan<float>(_bytes + batch.Body + batch.Buffers[Value] + (at * Width * sizeof(float)), Width);
    }

    /// <summary>The value of a hook point at a position.</summary>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="hook">Canonical name of the hook point.</param>
    /// <param name="position">0-based position.</param>
    /// <param name="head">Head; null where the point has none.</param>
    /// <exception cref="InvalidInputException">The file does not have it.</exception>
    public ReadOnlySpan<float> Values(int prompt, string hook, int position, int? head = null)
    {
        if (_first.TryGetValue((prompt, hook), out long row))
        {
            for (; row < Count && this[row] is var found && found.Prompt == prompt && found.Hook == hook; row++)
            {
                if (found.Pos == position && found.Head == head)
                {
                    return Values(row);
                }
            }
        }

        throw new InvalidInputException(
            $"activations: no {hook} of prompt {prompt} at position {position}{(head is null ? "" : $", head {head}")}; the file has {string.Join(", ", _hooks)}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    private void Verify(string path)
    {
        if (!Metadata.TryGetValue(ResultMetadata.ContentSha256, out string? expected))
        {
            // Files of earlier versions have none.
            if (Metadata.ContainsKey(ResultMetadata.Complete))
            {
                throw new InvalidInputException($"{path}: expected {ResultMetadata.ContentSha256} among its metadata, found none: it was changed or damaged");
            }

            return;
        }

        using var hash = new ActivationHash();
        for (long row = 0; row < Count; row++)
        {
            (Batch batch, long at) = Find(row);
            hash.Append(
                Int32(batch, Prompt, at), Int32(batch, Hook, at), Nullable(batch, LayerValidity, Layer, at), Int32(batch, Pos, at),
                Int32(batch, Token, at), Nullable(batch, HeadValidity, Head, at), Values(row));
        }

        string found = hash.Finish(_hooks, _tokens);
        if (found != expected)
        {
            throw new InvalidInputException(
                $"{path}: expected the rows whose {ResultMetadata.ContentSha256} is {expected}, found others ({found}): the file was changed or damaged "
                + "since it was written; let it be written again");
        }
    }

    private static string[] Texts(IArrowArray column) =>
        [.. ArrowTypes.TextsOf((StringArray)((DictionaryArray)column).Dictionary).Select(text => text ?? "")];

    // What is mapped is read without a check, so that nothing may point out of the file.
    private static void RequireInside(Batch batch, int width, long length, string path)
    {
        bool inside = batch.Rows >= 0 && batch.Rows <= length && batch.Body >= 0 && batch.Body <= length && batch.Buffers.Length == Value + 1;
        for (int i = 0; inside && i < batch.Buffers.Length; i++)
        {
            Int128 bytes = i == Value ? (Int128)batch.Rows * width * sizeof(float)
                : i is Prompt or Hook or Layer or Pos or Token or Head ? (Int128)batch.Rows * sizeof(int)
                : i is LayerValidity or HeadValidity && batch.Buffers[i] != batch.Buffers[i + 1] ? (batch.Rows + 7) / 8
                : 0;
            inside = batch.Buffers[i] >= 0 && batch.Body + batch.Buffers[i] + bytes <= length;
        }

        if (!inside)
        {
            throw new InvalidInputException($"{path}: {Expected}; found rows that lie outside of the file, which is cut off or damaged");
        }
    }

    private (Batch Batch, long At) Find(long row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        int low = 0, high = _batches.Length;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            (low, high) = _batches[middle].First <= row ? (middle, high) : (low, middle);
        }

        return (_batches[low], row - _batches[low].First);
    }

    private int Int32(Batch batch, int buffer, long at) => *(int*)(_bytes + batch.Body + batch.Buffers[buffer] + (at * sizeof(int)));

    // A column without nulls has no validity bits; then the next buffer begins where they would.
    private int? Nullable(Batch batch, int validity, int data, long at) =>
        batch.Buffers[validity] != batch.Buffers[data] && (_bytes[batch.Body + batch.Buffers[validity] + (at >> 3)] & (1 << (int)(at & 7))) == 0
            ? null
            : Int32(batch, data, at);

    private sealed record Batch(long First, long Rows, long Body, long[] Buffers);
}
