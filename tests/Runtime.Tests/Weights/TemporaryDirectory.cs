using System.Buffers.Binary;
using System.Text;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Weights;

/// <summary>A directory that lives as long as a test, and ways to put files into it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => FullPath = Directory.CreateTempSubdirectory("interp-weights-").FullName;

    public string FullPath { get; }

    public IEnumerable<string> FileNames => Directory.EnumerateFiles(FullPath).Select(file => Path.GetFileName(file)!).Order();

    /// <summary>The bytes of a safetensors file, put together without the project's writer.</summary>
    public static byte[] Safetensors(string header, params byte[] data) => Safetensors(Encoding.UTF8.GetBytes(header), data);

    /// <inheritdoc cref="Safetensors(string, byte[])"/>
    public static byte[] Safetensors(byte[] header, params byte[] data)
    {
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        return [.. prefix, .. header, .. data];
    }

    /// <summary>The bytes of a safetensors file with the one tensor <c>t</c>.</summary>
    public static byte[] OneTensor(string dtype, string shape, byte[] data) => Safetensors(
        $$$"""{"t":{"dtype":"{{{dtype}}}","shape":{{{shape}}},"data_offsets":[0,{{{data.Length}}}]}}""", data);

    public string At(string name) => Path.Combine(FullPath, name);

    public string Put(string name, byte[] bytes)
    {
        File.WriteAllBytes(At(name), bytes);
        return At(name);
    }

    public string Put(string name, string text) => Put(name, Encoding.UTF8.GetBytes(text));

    public string Put(string name, params NamedTensor[] tensors)
    {
        SafetensorsWriter.Write(At(name), tensors);
        return At(name);
    }

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
