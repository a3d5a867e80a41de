using Apache.Arrow.Ipc;
using Interp.Analysis;
using Interp.Runtime.Weights;

namespace Interp.Export;

/// <summary>Where the result of work that was stopped goes, so that nobody takes it for a whole one.</summary>
public static class PartFile
{
    /// <summary>The name of a part that stands beside a whole result: <c>p.csv</c> has <c>p.incomplete.csv</c>.</summary>
    /// <param name="path">The file of the whole result.</param>
    public static string Beside(string path) =>
        System.IO.Path.ChangeExtension(path, ".incomplete" + System.IO.Path.GetExtension(path));

    /// <summary>Where a part goes: under the name itself where the format can say what it is and no whole result stands there, else beside it.</summary>
    /// <param name="path">The file of the whole result.</param>
    public static string PlaceFor(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Metadata(path) is { } read && (!File.Exists(path) || IsPart(read)) ? path : Beside(path);
    }

    /// <summary>Whether a file is there and says that it is a part.</summary>
    /// <param name="path">A file of a table, of activations or of tensors.</param>
    public static bool IsPart(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path) && Metadata(path) is { } read && IsPart(read);
    }

    /// <summary>Removes the part beside a result that is whole now.</summary>
    internal static void Remove(string path) => File.Delete(Beside(path));

    private static bool IsPart(Func<IReadOnlyDictionary<string, string>> read)
    {
        try
        {
            return ResultMetadata.IsPart(read());
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever it is, it is not a part that may be replaced.
            return false;
        }
    }

    /// <summary>How the metadata of a file is read; null where its format has none.</summary>
    private static Func<IReadOnlyDictionary<string, string>>? Metadata(string path) =>
        System.IO.Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".arrow" or ".feather" => () => OfArrow(path),
            ".safetensors" => () => OfTensors(path),
            _ => null,
        };

    private static IReadOnlyDictionary<string, string> OfArrow(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using var reader = new ArrowFileReader(stream);
        return reader.Schema.Metadata ?? new Dictionary<string, string>();
    }

    private static IReadOnlyDictionary<string, string> OfTensors(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Metadata;
    }
}
