using Interp.Hooks;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Analysis;

/// <summary>What a reference computes for one prompt.</summary>
/// <param name="Values">Values by hook point, row-major, without a batch axis.</param>
/// <param name="Logits">[positions, d_vocab], or null.</param>
internal sealed record ReferenceValues(IReadOnlyDictionary<HookPoint, float[]> Values, float[]? Logits);

/// <summary>Activations that somebody wrote to a safetensors file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Values">Values by hook point, without a batch axis.</param>
/// <param name="Lengths">Positions of each value.</param>
/// <param name="Logits">[positions, d_vocab], or null.</param>
/// <param name="Tokens">Token ids, or null.</param>
internal sealed record ReferenceFile(
    string Path, Dictionary<HookPoint, float[]> Values, Dictionary<string, int> Lengths, float[]? Logits, int[]? Tokens)
{
    /// <summary>Reads the tensors.</summary>
    /// <exception cref="InvalidInputException">
    /// The file cannot be read, or a tensor is no hook point of the model or has another shape.
    /// </exception>
    public static ReferenceFile Read(string path, TransformerModel model)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        ResultHash.Require(file);
        Dictionary<HookPoint, float[]> values = [];
        Dictionary<string, int> lengths = [];
        float[]? logits = null;
        int[]? tokens = null;
        foreach (string name in file.Tensors.Keys)
        {
            int[] shape = [.. file.Tensors[name].Shape];
            if (name == "tokens")
            {
                tokens = [.. file.ReadIntegers(name).Select(id => checked((int)id))];
                continue;
            }

            HookPoint? point = name == "logits" ? null : model.Hooks.Parse(name);
            Func<int, int[]> expected = point is { } p
                ? positions => model.Hooks.Shape(p, positions, positions)
                : positions => [positions, model.Config.DVocabOut];
            lengths[name] = Positions(path, name, shape, expected);
            float[] floats = new float[file.Tensors[name].Count];
            file.ReadFloats(name, floats);
            if (point is { } known)
            {
                values[known] = floats;
            }
            else
            {
                logits = floats;
            }
        }

        return new ReferenceFile(path, values, lengths, logits, tokens);
    }

    /// <summary>Checks that all tensors are of a prompt of this length.</summary>
    /// <exception cref="InvalidInputException">One is not.</exception>
    public void RequireLength(int positions)
    {
        foreach ((string name, int found) in Lengths)
        {
            if (found != positions)
            {
                throw new InvalidInputException(
                    $"{Path}: tensor '{name}': expected {positions} positions, as the prompt has, found {found}");
            }
        }
    }

    private static int Positions(string path, string name, int[] found, Func<int, int[]> expected)
    {
        int[] shape = expected(1).Length == found.Length - 1 && found[0] == 1 ? found[1..] : found;
        foreach (int size in shape)
        {
            if (expected(size).SequenceEqual(shape))
            {
                return size;
            }
        }

        throw new InvalidInputException(
            $"{path}: tensor '{name}': expected the shape [{string.Join(", ", expected(-1).Select(s => s < 0 ? "positions" : $"{s}"))}], "
            + $"found [{string.Join(", ", found)}]");
    }
}
