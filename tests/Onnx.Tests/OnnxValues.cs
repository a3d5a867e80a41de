using Interp.Hooks;

namespace Interp.Onnx.Tests;

/// <summary>Takes one sequence out of a padded batch.</summary>
internal static class OnnxValues
{
    /// <summary>The activation of sequence <paramref name="index"/> without its padding, which is on the right.</summary>
    public static float[] OfSequence(TransformerModel model, HookPoint point, TensorValue batch, int index, int length)
    {
        int[] padded = batch.Shape[1..];
        int[] shape = model.Hooks.Shape(point, length, length);
        Assert.Equal(padded.Length, shape.Length);
        int size = padded.Aggregate(1, (a, b) => a * b);
        var result = new float[shape.Aggregate(1, (a, b) => a * b)];
        for (int i = 0; i < result.Length; i++)
        {
            int rest = i, offset = 0, stride = 1;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                offset += rest % shape[axis] * stride;
                rest /= shape[axis];
                stride *= padded[axis];
            }

            result[i] = batch.Values[(index * size) + offset];
        }

        return result;
    }
}
