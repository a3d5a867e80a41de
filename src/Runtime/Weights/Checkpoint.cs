using System.Collections.Immutable;

namespace Interp.Runtime.Weights;

/// <summary>
/// The weights of a Hugging Face directory: <c>model.safetensors</c>, or <c>model.safetensors.index.json</c> with its shards, or
/// the only other safetensors file. Nothing but headers is read until a tensor is asked for.
/// </summary>
public sealed class Checkpoint : WeightSource, IDisposable
{
    private readonly IReadOnlyList<SafetensorsFile> files;
    private readonly OrderedDictionary<string, (SafetensorsFile File, TensorEntry Entry)> tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> aliases = new(StringComparer.Ordinal);
    private readonly Lazy<string> sha256;

    private Checkpoint(string directory, IReadOnlyList<SafetensorsFile> files)
    {
        Description = directory;
        this.files = files;
        Files = [.. files.Select(file => file.FilePath)];
        BytesOnDisk = files.Sum(file => file.Length);
        foreach (SafetensorsFile file in files)
        {
            foreach (TensorEntry entry in file.Entries)
                tensors.Add(entry.Name, (file, entry));
        }
        AddAliases();
        sha256 = new Lazy<string>(() => WeightHash.Of(WriteTo));
    }

    /// <summary>The directory, as it was given to <see cref="Open"/>.</summary>
    public override string Description { get; }

    /// <summary>
    /// The SHA-256 of the bytes of all files, in ordinal order of their names; for one file that file's own hash. In lower-case
    /// hexadecimal, computed when first asked for.
    /// </summary>
    /// <exception cref="InvalidInputException">A file was changed since it was opened.</exception>
    public override string Sha256 => sha256.Value;

    /// <summary>The names of all tensors, file by file in the order of their headers.</summary>
    public override IEnumerable<string> Names => tensors.Keys;

    /// <summary>The paths of the files, in ordinal order of their names.</summary>
    public ImmutableArray<string> Files { get; }

    /// <summary>The size of all files together, in bytes.</summary>
    public long BytesOnDisk { get; }

    /// <summary>Opens the weights of a directory and checks the files' headers against each other.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The open checkpoint; dispose it to unmap the files.</returns>
    /// <exception cref="InvalidInputException">
    /// There are no weights, only pickled ones, a file is damaged, a shard is missing, or the shards are not what the index says.
    /// </exception>
    public static Checkpoint Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        IReadOnlyList<SafetensorsFile> files = CheckpointFiles.Open(directory);
        try
        {
            return new Checkpoint(directory, files);
        }
        catch
        {
            foreach (SafetensorsFile file in files)
                file.Dispose();
            throw;
        }
    }

    /// <summary>The element type in which a tensor is stored.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The type, or null when there is no such tensor.</returns>
    public SafetensorsType? TypeOf(string name) => TryFind(Resolve(name), out WeightInfo info) ? info.Type : null;

    /// <summary>Ends the reading of tensors: the files must not have changed, and stay open for <see cref="Sha256"/>.</summary>
    /// <exception cref="InvalidInputException">One has changed.</exception>
    internal void Unmap()
    {
        foreach (SafetensorsFile file in files)
            file.Unmap();
    }

    /// <summary>Unmaps and closes the files.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in files)
            file.Dispose();
    }

    /// <summary>
    /// What safetensors' <c>save_model</c> notes: of tensors that share memory it keeps one, and for each other its name with that of the
    /// one that was kept. Other notes of a file are no names of tensors.
    /// </summary>
    private void AddAliases()
    {
        foreach ((string key, string value) in files.SelectMany(file => file.Metadata))
        {
            bool keyStored = tensors.ContainsKey(key);
            if (keyStored == tensors.ContainsKey(value))
                continue;
            (string name, string kept) = keyStored ? (value, key) : (key, value);
            if (!aliases.TryAdd(name, kept) && aliases[name] != kept)
            {
                throw new InvalidInputException($"{Description}: {SafetensorsHeader.MetadataName}: expected one tensor that is also "
                    + $"{OneLine.Quote(name)}, found {OneLine.Quote(aliases[name])} and {OneLine.Quote(kept)}");
            }
        }
    }

    private protected override string Resolve(string name) => aliases.GetValueOrDefault(name, name);

    private protected override bool TryFind(string name, out WeightInfo info)
    {
        bool found = tensors.TryGetValue(name, out (SafetensorsFile File, TensorEntry Entry) at);
        info = found ? new WeightInfo([.. at.Entry.Shape], at.Entry.Type, at.Entry.Count, at.File.FilePath) : default;
        return found;
    }

    private protected override WeightView? TryView(string name, WeightInfo info) => tensors[name].File.View(tensors[name].Entry);

    private protected override void ReadFloats(string name, Span<float> destination) =>
        tensors[name].File.ReadFloats(name, destination);

    private void WriteTo(Stream stream)
    {
        foreach (SafetensorsFile file in files)
            file.CopyTo(stream);
    }
}
