using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Interp.Export;

/// <summary>
/// SHA-256 over the rows of a file of activations: of each row prompt, hook, layer, position, token and head as little-endian int32 (texts by
/// their numbers, null as the least integer) and its float32 values; then the texts of both columns, each as length and UTF-8.
/// </summary>
internal sealed class ActivationHash : IDisposable
{
    private const int Indices = 6;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Takes the next row.</summary>
    public void Append(int prompt, int hook, int? layer, int pos, int token, int? head, ReadOnlySpan<float> values)
    {
        ReadOnlySpan<int> index = [prompt, hook, layer ?? int.MinValue, pos, token, head ?? int.MinValue];
        Span<byte> bytes = stackalloc byte[Indices * sizeof(int)];
        for (int i = 0; i < Indices; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(i * sizeof(int))..], index[i]);
        }

        _hash.AppendData(bytes);
        _hash.AppendData(MemoryMarshal.AsBytes(values));
    }

    /// <summary>Ends the hash.</summary>
    /// <param name="hooks">Names of the hook points, by number.</param>
    /// <param name="tokens">Texts of the tokens, by number.</param>
    /// <returns>Lower-case hexadecimal.</returns>
    public string Finish(IEnumerable<string> hooks, IEnumerable<string> tokens)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string text in hooks.Concat(tokens))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            _hash.AppendData(length);
            _hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
