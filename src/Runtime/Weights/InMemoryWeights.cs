namespace Interp.Runtime.Weights;

/// <summary>
/// Weights that were made in memory. They are loaded the same way as a checkpoint, and saving them gives a file whose hash is
/// <see cref="Sha256"/>.
/// </summary>
public sealed class InMemoryWeights : WeightSource
{
    private readonly OrderedDictionary<string, NamedTensor> tensors = new(StringComparer.Ordinal);
    private readonly Lazy<string> sha256;

    /// <summary>Gathers tensors. Their data is not copied and must not change afterwards.</summary>
    /// <param name="description">Where they come from, for messages, such as <c>demo model</c>.</param>
    /// <param name="tensors">The tensors; names must differ.</param>
    /// <exception cref="ArgumentException">Two tensors have the same name.</exception>
    public InMemoryWeights(string description, IEnumerable<NamedTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(tensors);
        Description = description;
        foreach (NamedTensor tensor in tensors)
        {
            if (!this.tensors.TryAdd(tensor.Name, tensor))
                throw new ArgumentException($"The name {tensor.Name} is taken.", nameof(tensors));
        }
        sha256 = new Lazy<string>(() => WeightHash.Of(stream => SafetensorsWriter.Write(stream, this.tensors.Values)));
    }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <summary>The SHA-256 of the file that <see cref="Save"/> writes, in lower-case hexadecimal.</summary>
    public override string Sha256 => sha256.Value;

    /// <inheritdoc/>
    public override IEnumerable<string> Names => tensors.Keys;

    /// <summary>Writes the tensors as a safetensors file, in the order in which they were given.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="InvalidInputException">The file cannot be written there.</exception>
    public void Save(string path) => SafetensorsWriter.Write(path, tensors.Values);

    private protected override bool TryFind(string name, out WeightInfo info)
    {
        bool found = tensors.TryGetValue(name, out NamedTensor? tensor);
        info = found ? new WeightInfo([.. tensor!.Shape], tensor.Type, tensor.Count, Description) : default;
        return found;
    }

    private protected override WeightView? TryView(string name, WeightInfo info) => WeightView.Of(tensors[name].FloatData);

    private protected override void ReadFloats(string name, Span<float> destination) =>
        tensors[name].FloatData.Span.CopyTo(destination);
}
