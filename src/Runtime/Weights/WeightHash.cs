using System.Security.Cryptography;

namespace Interp.Runtime.Weights;

/// <summary>The SHA-256 of bytes that are written piece by piece.</summary>
internal static class WeightHash
{
    /// <summary>Hashes what a function writes.</summary>
    /// <param name="write">Writes the bytes to the stream that it is given.</param>
    /// <returns>The hash in lower-case hexadecimal.</returns>
    public static string Of(Action<Stream> write)
    {
        using SHA256 sha256 = SHA256.Create();
        using (CryptoStream stream = new(Stream.Null, sha256, CryptoStreamMode.Write))
            write(stream);
        return Convert.ToHexStringLower(sha256.Hash!);
    }
}
