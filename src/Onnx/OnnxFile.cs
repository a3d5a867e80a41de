using System.Security.Cryptography;
using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Machine;
using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>An ONNX file, parsed, and the files of external data that it names.</summary>
internal sealed class OnnxFile : IDisposable
{
    /// <summary>The metadata that says which interventions are part of a graph.</summary>
    internal const string InterventionsKey = "interp.interventions";

    private readonly Lazy<string> _sha256;

    private OnnxFile(string path, ModelProto model, IncrementalHash hash)
    {
        Path = path;
        Model = model;
        External = new ExternalData(path);
        _sha256 = new Lazy<string>(() => Finish(hash));
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>The parsed model; its graph is not null.</summary>
    public ModelProto Model { get; }

    /// <summary>The external data.</summary>
    public ExternalData External { get; }

    /// <summary>
    /// SHA-256 of the file, or, where there is external data, of the bytes of the file and then of those files in ordinal order
    /// of their names. In lower-case hexadecimal.
    /// </summary>
    /// <exception cref="InvalidInputException">External data was changed since it was opened.</exception>
    public string Sha256 => _sha256.Value;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">It is missing, damaged, no ONNX file, or would take too much memory.</exception>
    public static OnnxFile Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException(
                $"{path}: expected an ONNX file, found {(Directory.Exists(path) ? "a directory" : "no such file")}");
        }

        try
        {
            long length = new FileInfo(path).Length;
            if (length > Array.MaxLength)
            {
                throw new InvalidInputException($"{path}: expected at most {Array.MaxLength} bytes in one ONNX file (more "
                    + $"must lie "
                    + $"in external data), found {length}");
            }

            byte[] bytes = File.ReadAllBytes(path);
            if (bytes.AsSpan().StartsWith("version https://git-lfs"u8))
            {
                throw new InvalidInputException(
                    $"{path}: expected an ONNX file, found a Git LFS pointer; fetch the file itself with git lfs pull");
            }

            new WireBudget(path, bytes).Check();
            ModelProto model = ModelProto.Parser.WithDiscardUnknownFields(true).ParseFrom(bytes);
            return model.Graph is { Node.Count: > 0 }
                ? new OnnxFile(path, model, HashOf(bytes))
                : throw new InvalidInputException($"{path}: expected an ONNX file with a graph, found none in it");
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read as an ONNX file ({OneLine.Quote(e.Message)})", e);
        }
    }

    /// <summary>Closes the external data.</summary>
    public void Dispose() => External.Dispose();

    // The bytes that were parsed, not those that the file has later.
    private static IncrementalHash HashOf(byte[] bytes)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(bytes);
        return hash;
    }

    private string Finish(IncrementalHash hash)
    {
        using (hash)
        {
            foreach (SourceFile file in External.Files)
            {
                file.Read(hash.AppendData);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }
}
