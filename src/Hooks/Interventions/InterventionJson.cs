using System.Security.Cryptography;
using System.Text;

namespace Interp.Hooks;

/// <summary>
/// Interventions as readable, versioned JSON. Hook points are written by their canonical names and read by any name; numbers
/// are read back bit for bit; infinities are written as <c>"-Infinity"</c>. <see cref="Custom"/> is code and cannot be saved.
/// </summary>
public static class InterventionJson
{
    /// <summary>Writes interventions as JSON text.</summary>
    /// <param name="interventions">The interventions.</param>
    /// <exception cref="InvalidInputException">One of them is <see cref="Custom"/>.</exception>
    public static string Serialize(IEnumerable<Intervention> interventions)
    {
        ArgumentNullException.ThrowIfNull(interventions);
        return InterventionWriter.Write(interventions);
    }

    /// <summary>Reads interventions from JSON text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="map">The hook points of the model the interventions are for.</param>
    /// <exception cref="InvalidInputException">
    /// The text is not JSON or has unknown, missing or wrong parts; the message gives the place.
    /// </exception>
    public static IReadOnlyList<Intervention> Deserialize(string json, HookMap map)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(map);
        return InterventionReader.Read(json, "interventions JSON", map);
    }

    /// <summary>Writes a file; an existing one is replaced only when the new one is complete.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="interventions">The interventions.</param>
    /// <exception cref="InvalidInputException">One is <see cref="Custom"/>, or the file cannot be written.</exception>
    public static void Save(string path, IEnumerable<Intervention> interventions)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string json = Serialize(interventions);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(json)));
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="map">The hook points of the model the interventions are for.</param>
    /// <exception cref="InvalidInputException">The file cannot be read or is wrong; the message gives the place.</exception>
    public static IReadOnlyList<Intervention> Load(string path, HookMap map)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(map);
        if (!File.Exists(path))
        {
            throw new InvalidInputException($"{path}: no such file");
        }

        try
        {
            return InterventionReader.Read(File.ReadAllText(path), path, map);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>SHA-256 of the JSON text, in lower-case hexadecimal: equal interventions have equal hashes.</summary>
    /// <param name="interventions">The interventions.</param>
    /// <exception cref="InvalidInputException">One of them is <see cref="Custom"/>.</exception>
    public static string Sha256(IEnumerable<Intervention> interventions) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Serialize(interventions))));
}
