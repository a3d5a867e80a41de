using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Interp.Onnx;

/// <summary>Makes the inputs of a graph for ONNX Runtime, under the graph's own names and in its own types.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="roles">What each input is for.</param>
internal sealed class EngineInputs(string path, IReadOnlyDictionary<string, GraphInput> roles)
{
    /// <summary>The value of an input.</summary>
    /// <param name="name">The input.</param>
    /// <param name="metadata">Its type and shape.</param>
    /// <param name="tokens">Token ids, [sequence][position]; shorter sequences are padded on the right.</param>
    /// <param name="tokenTypes">Token types of the same lengths; null = 0.</param>
    /// <exception cref="InvalidInputException">The graph wants it in a shape or type that it is not made in.</exception>
    public NamedOnnxValue Value(
        string name, NodeMetadata metadata, IReadOnlyList<IReadOnlyList<int>> tokens, IReadOnlyList<IReadOnlyList<int>>? tokenTypes)
    {
        int batch = tokens.Count, length = tokens.Max(t => t.Count);
        GraphInput input = roles[name];
        switch (input.Role)
        {
            case InputRole.Past:
                // The sizes that are not fixed are the batch and the length of the past.
                int[] empty = [.. metadata.Dimensions.Select(d => d < 0 ? batch : d)];
                int axis = input.PastAxis < 0 ? input.PastAxis + empty.Length : input.PastAxis;
                if (axis >= empty.Length)
                {
                    throw Shape(name, metadata, "keys and values of the past with an axis of positions");
                }

                empty[axis] = 0;
                return Create(name, metadata, empty, []);
            case InputRole.LastIndex:
                return Create(name, metadata, metadata.Dimensions.Length == 2 ? [batch, 1] : [batch], [.. tokens.Select(t => t.Count - 1L)]);
            case InputRole.TotalLength:
                return Create(name, metadata, metadata.Dimensions.Length == 0 ? [] : [1], [length]);
            default:
                return Create(name, metadata, Rows(name, metadata, batch, length), [.. Each(input.Role, tokens, tokenTypes, length)]);
        }
    }

    private static IEnumerable<long> Each(
        InputRole role, IReadOnlyList<IReadOnlyList<int>> tokens, IReadOnlyList<IReadOnlyList<int>>? tokenTypes, int length)
    {
        for (int s = 0; s < tokens.Count; s++)
        {
            for (int i = 0; i < length; i++)
            {
                bool there = i < tokens[s].Count;
                yield return role switch
                {
                    InputRole.Tokens => there ? tokens[s][i] : 0,
                    InputRole.Positions => Math.Min(i, tokens[s].Count - 1),
                    InputRole.TokenTypes => tokenTypes is not null && i < tokenTypes[s].Count ? tokenTypes[s][i] : 0,
                    _ => there ? 1 : 0,
                };
            }
        }
    }

    private int[] Rows(string name, NodeMetadata metadata, int batch, int length) => metadata.Dimensions.Length switch
    {
        2 => [batch, length],
        1 when batch == 1 => [length],
        _ => throw Shape(name, metadata, "one number for each token, [batch, sequence]"),
    };

    private NamedOnnxValue Create(string name, NodeMetadata metadata, int[] shape, long[] values) => metadata.ElementDataType switch
    {
        TensorElementType.Int64 => Of(name, shape, values),
        TensorElementType.Int32 => Of(name, shape, Array.ConvertAll(values, v => (int)v)),
        TensorElementType.Float => Of(name, shape, Array.ConvertAll(values, v => (float)v)),
        TensorElementType.Double => Of(name, shape, Array.ConvertAll(values, v => (double)v)),
        TensorElementType.Float16 => Of(name, shape, Array.ConvertAll(values, v => (Float16)(float)v)),
        TensorElementType.Bool => Of(name, shape, Array.ConvertAll(values, v => v != 0)),
        TensorElementType other => throw new InvalidInputException(
            $"{path}: input '{name}': expected integers, floats or truth values, found {other}"),
    };

    private static NamedOnnxValue Of<T>(string name, int[] shape, T[] values) =>
        NamedOnnxValue.CreateFromTensor(name, new DenseTensor<T>(values, shape));

    private InvalidInputException Shape(string name, NodeMetadata metadata, string expected) => new(
        $"{path}: input '{name}': expected {expected}, found the shape [{string.Join(", ", metadata.Dimensions)}]");
}
