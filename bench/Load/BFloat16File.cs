using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Interp.Bench.Load;

/// <summary>The checkpoint of <see cref="Gpt2File"/> with its numbers cut to bfloat16, written when it is not there yet.</summary>
internal static class BFloat16File
{
    private const int LengthBytes = sizeof(long);

    /// <summary>The directory with the checkpoint.</summary>
    internal static string Ensure()
    {
        string source = Gpt2File.Ensure(), directory = source + "-bf16", file = Path.Combine(directory, "model.safetensors");
        if (File.Exists(file))
            return directory;
        Directory.CreateDirectory(directory);
        File.Copy(Path.Combine(source, "config.json"), Path.Combine(directory, "config.json"), overwrite: true);
        Write(File.ReadAllBytes(Path.Combine(source, "model.safetensors")), file + ".new");
        File.Move(file + ".new", file);
        return directory;
    }

    private static void Write(byte[] wide, string path)
    {
        int headerLength = checked((int)BitConverter.ToInt64(wide));
        JsonObject header = JsonNode.Parse(wide.AsSpan(LengthBytes, headerLength))!.AsObject();
        header.Remove("__metadata__");
        foreach ((string _, JsonNode? tensor) in header)
        {
            tensor!["dtype"] = "BF16";
            long[] ends = [.. tensor["data_offsets"]!.AsArray().Select(end => end!.GetValue<long>() / 2)];
            tensor["data_offsets"] = new JsonArray(ends[0], ends[1]);
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        byte[] padded = new byte[(json.Length + 7) / 8 * 8];
        padded.AsSpan().Fill((byte)' ');
        json.CopyTo(padded, 0);
        ReadOnlySpan<uint> numbers = MemoryMarshal.Cast<byte, uint>(wide.AsSpan(LengthBytes + headerLength));
        var narrow = new ushort[numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
            narrow[i] = (ushort)(numbers[i] >> 16);
        using FileStream stream = File.Create(path);
        stream.Write(BitConverter.GetBytes((long)padded.Length));
        stream.Write(padded);
        stream.Write(MemoryMarshal.AsBytes(narrow.AsSpan()));
    }
}
