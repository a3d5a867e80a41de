namespace Interp.Runtime.Weights;

/// <summary>Finds and opens the weight files of a Hugging Face directory.</summary>
internal static class CheckpointFiles
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";

    /// <summary>Opens the files; all of them or none.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The open files, in ordinal order of their names.</returns>
    /// <exception cref="InvalidInputException">There are none, or they are not what they should be.</exception>
    public static IReadOnlyList<SafetensorsFile> Open(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new InvalidInputException($"{directory}: expected a directory with {Single}, found "
                + (File.Exists(directory) ? "a file" : "no such directory"));
        }
        string single = Path.Combine(directory, Single);
        if (File.Exists(single))
            return [SafetensorsFile.Open(single)];
        string index = Path.Combine(directory, Index);
        if (File.Exists(index))
            return OpenShards(directory, index);
        try
        {
            return [SafetensorsFile.Open(OnlyOther(directory))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{directory}: cannot be read ({OneLine.Quote(exception.Message)})", exception);
        }
    }

    private static List<SafetensorsFile> OpenShards(string directory, string index)
    {
        OrderedDictionary<string, string> map = ShardIndex.Read(index);
        List<SafetensorsFile> shards = [];
        try
        {
            foreach (IGrouping<string, KeyValuePair<string, string>> group in
                map.GroupBy(pair => pair.Value).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                string path = Path.Combine(directory, group.Key);
                if (!File.Exists(path))
                {
                    throw new InvalidInputException($"{path}: the shard is missing; {index} expects tensor "
                        + $"{OneLine.Quote(group.First().Key)} in it");
                }
                SafetensorsFile shard = SafetensorsFile.Open(path);
                shards.Add(shard);
                CheckShard(shard, group.Select(pair => pair.Key), map, index);
            }
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
        return shards;
    }

    private static void CheckShard(
        SafetensorsFile shard, IEnumerable<string> expected, OrderedDictionary<string, string> map, string index)
    {
        foreach (string name in expected)
        {
            if (!shard.Tensors.ContainsKey(name))
            {
                throw new InvalidInputException($"{shard.FilePath}: tensor {OneLine.Quote(name)} is missing from the shard; "
                    + $"{index} expects it there");
            }
        }
        string file = Path.GetFileName(shard.FilePath);
        foreach (TensorEntry entry in shard.Entries)
        {
            if (map.TryGetValue(entry.Name, out string? place) && place == file)
                continue;
            throw new InvalidInputException($"{shard.FilePath}: found tensor {OneLine.Quote(entry.Name)}, which {index} "
                + (place is null ? "does not list" : $"expects in {place}"));
        }
    }

    private static string OnlyOther(string directory)
    {
        string[] others = [.. Directory.EnumerateFiles(directory, "*.safetensors").Order(StringComparer.Ordinal)];
        if (others.Length == 1)
            return others[0];
        string looked = $"{directory}: expected {Single}, {Index} or exactly one other .safetensors file";
        if (others.Length > 1)
        {
            string[] found = [.. others.Select(other => Path.GetFileName(other))];
            throw new InvalidInputException($"{looked}, found {OneLine.List(found)}");
        }
        string? pickle = Directory.EnumerateFiles(directory, "*.bin")
            .Concat(Directory.EnumerateFiles(directory, "*.pt"))
            .Concat(Directory.EnumerateFiles(directory, "*.pth"))
            .Select(file => Path.GetFileName(file))
            .Order(StringComparer.Ordinal)
            .FirstOrDefault();
        throw new InvalidInputException(pickle is null
            ? $"{looked}, found none of them"
            : $"{looked}, found {OneLine.Quote(pickle)}: pickle files are not read; convert it with "
                + "save_pretrained(safe_serialization=True)");
    }
}
