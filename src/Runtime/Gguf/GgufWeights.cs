using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// The tensors of a GGUF file under Hugging Face's names and in Hugging Face's arrangement. Tensors whose names are not known
/// keep their own, so that they show up as unused.
/// </summary>
internal sealed class GgufWeights : WeightSource
{
    private readonly GgufFile file;
    private readonly int queryHeads;
    private readonly int keyHeads;
    private readonly OrderedDictionary<string, (GgufTensor Tensor, Arrangement Arrangement)> tensors = new(StringComparer.Ordinal);
    private readonly Lazy<string> sha256;

    /// <summary>Names the tensors of a file.</summary>
    /// <param name="file">The file; it must stay open while tensors are read.</param>
    /// <param name="architecture">Its architecture.</param>
    /// <param name="queryHeads">Query heads per layer.</param>
    /// <param name="keyHeads">Key-value heads per layer.</param>
    /// <exception cref="InvalidInputException">Two tensors mean the same.</exception>
    public GgufWeights(GgufFile file, GgufArchitecture architecture, int queryHeads, int keyHeads)
    {
        this.file = file;
        this.queryHeads = queryHeads;
        this.keyHeads = keyHeads;
        foreach (GgufTensor tensor in file.Entries)
        {
            (string name, Arrangement arrangement) = architecture.Find(tensor.Name) ?? (tensor.Name, Arrangement.Same);
            if (!tensors.TryAdd(name, (tensor, arrangement)))
            {
                throw new InvalidInputException($"{file.FilePath}: tensor {OneLine.Quote(tensor.Name)}: "
                    + $"expected one tensor that means {OneLine.Quote(name)}, found two");
            }
        }
        sha256 = new Lazy<string>(() => WeightHash.Of(file.CopyTo));
    }

    /// <inheritdoc/>
    public override string Description => file.FilePath;

    /// <summary>The SHA-256 of the file.</summary>
    public override string Sha256 => sha256.Value;

    /// <inheritdoc/>
    public override IEnumerable<string> Names => tensors.Keys;

    /// <inheritdoc/>
    public override IReadOnlyList<StoredType> Stored =>
        StoredType.Sum(file.Entries.Select(tensor => (tensor.Type.Spelling(), tensor.Bytes)));

    private protected override bool TryFind(string name, out WeightInfo info)
    {
        bool found = tensors.TryGetValue(name, out (GgufTensor Tensor, Arrangement Arrangement) at);
        info = found ? Info(at.Tensor, at.Arrangement) : default;
        return found;
    }

    private protected override void ReadFloats(string name, Span<float> destination)
    {
        (GgufTensor tensor, Arrangement arrangement) = tensors[name];
        if (arrangement == Arrangement.Same)
        {
            file.ReadFloats(tensor.Name, destination);
            return;
        }
        float[] stored = GC.AllocateUninitializedArray<float>(destination.Length);
        file.ReadFloats(tensor.Name, stored);
        switch (arrangement)
        {
            case Arrangement.QueryPairs:
                PairsToHalves(stored, tensor.Shape[0], queryHeads, destination);
                break;
            case Arrangement.KeyPairs:
                PairsToHalves(stored, tensor.Shape[0], keyHeads, destination);
                break;
            default:
                Transpose(stored, tensor.Shape[0], destination);
                break;
        }
    }

    // Dequantised elements are float32 to whoever reads them.
    private WeightInfo Info(GgufTensor tensor, Arrangement arrangement)
    {
        int[] shape = [.. tensor.Shape];
        if (arrangement == Arrangement.Transposed)
            Array.Reverse(shape);
        return new WeightInfo(shape, SafetensorsType.F32, tensor.Count, file.FilePath);
    }

    /// <summary>
    /// Converters of Llama checkpoints put row i of the first half of a head to 2i and row i of the second half to 2i + 1, so that
    /// rotary pairs are adjacent; this takes them apart again.
    /// </summary>
    private static void PairsToHalves(ReadOnlySpan<float> pairs, int rows, int heads, Span<float> halves)
    {
        int width = pairs.Length / rows, head = rows / heads;
        for (int row = 0; row < rows; row++)
        {
            int within = row % head;
            int from = row - within + (within < head / 2 ? 2 * within : (2 * (within - (head / 2))) + 1);
            pairs.Slice(from * width, width).CopyTo(halves[(row * width)..]);
        }
    }

    private static void Transpose(ReadOnlySpan<float> matrix, int rows, Span<float> transposed)
    {
        int columns = matrix.Length / rows;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                transposed[(column * rows) + row] = matrix[(row * columns) + column];
        }
    }
}
