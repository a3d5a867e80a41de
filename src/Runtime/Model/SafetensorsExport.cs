using Interp.Runtime.Families;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

/// <summary>Writes the weights of a model on disk, of whatever format, as a Hugging Face checkpoint has them.</summary>
public static class SafetensorsExport
{
    /// <summary>
    /// Writes every tensor that the model uses in float32 under the family's name, and config.json beside the file where there
    /// is none.
    /// </summary>
    /// <param name="model">Path of the model: a directory, an .onnx or a .gguf file.</param>
    /// <param name="path">The file; <c>model.safetensors</c> in a folder of its own makes that folder a checkpoint.</param>
    /// <exception cref="InvalidInputException">The model cannot be loaded, or a file cannot be written there.</exception>
    public static void Write(string model, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using IModelSource source = ModelSources.Open(model);
        ModelFamily family = ModelFamily.For(source.Config);
        ModelConfig config = family.ReadConfig(source.Config);
        ModelConfig complete = source.Complete(config);
        if (!complete.HasUnembed)
        {
            throw new InvalidInputException($"{model}: it has no unembedding head, which a checkpoint of {config.Family} needs; not written");
        }

        if (complete != config)
        {
            throw new InvalidInputException(
                $"{model}: its rotary frequencies are a tensor of the file, which a config.json has no field for; not written");
        }

        var tensors = new RecordedWeights(source.Weights(config));
        family.ReadWeights(config, tensors);
        tensors.ThrowIfUnused();
        SafetensorsWriter.Write(path, tensors.Tensors, new Dictionary<string, string> { ["format"] = "pt" });
        string settings = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "config.json");
        if (!File.Exists(settings))
        {
            AtomicFile.Write(settings, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(source.Config.Json)));
        }
    }

    /// <summary>Keeps what is read of another source.</summary>
    private sealed class RecordedWeights(IWeightSource source) : IWeightSource
    {
        private readonly OrderedDictionary<string, NamedTensor> _read = new(StringComparer.Ordinal);

        public IEnumerable<NamedTensor> Tensors => _read.Values;

        public string Description => source.Description;

        public string Sha256 => source.Sha256;

        public IEnumerable<string> Names => source.Names;

        public IReadOnlyList<string> Unused => source.Unused;

        public IReadOnlyList<StoredType> Stored => source.Stored;

        public bool Contains(string name) => source.Contains(name);

        public int[] ShapeOf(string name) => source.ShapeOf(name);

        public float[] Read(string name, params int[] expectedShape)
        {
            float[] values = source.Read(name, expectedShape);
            _read[name] = NamedTensor.Float(name, expectedShape, (float[])values.Clone());
            return values;
        }

        public void Ignore(Func<string, bool> predicate) => source.Ignore(predicate);

        public void ThrowIfUnused() => source.ThrowIfUnused();
    }
}
