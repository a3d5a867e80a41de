using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Changed copies of linear maps.</summary>
internal static class LinearMaps
{
    /// <summary>A copy whose rows W[input, :] were changed, with another bias.</summary>
    public static Linear With(Linear map, Action<int, float[]> changeRow, float[] bias)
    {
        var values = new float[map.Inputs * map.Outputs];
        var row = new float[map.Outputs];
        for (int i = 0; i < map.Inputs; i++)
        {
            map.CopyInput(i, row);
            changeRow(i, row);
            row.CopyTo(values, i * map.Outputs);
        }

        return Linear.FromInputsByOutputs(values, map.Inputs, map.Outputs, bias.Length > 0 ? bias : null);
    }
}
