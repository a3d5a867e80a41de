namespace Interp.Runtime.Forward;

/// <summary>The matrices of a mixture of experts; a place is one of the experts that a row chose, [rows, slots].</summary>
internal sealed class ExpertBuffers
{
    /// <summary>Places of one expert that are computed at a time: enough for large products, few enough to stay small.</summary>
    public const int PlacesAtOnce = 512;

    /// <summary>Lays the buffers out.</summary>
    public ExpertBuffers(Workspace memory, ModelConfig config, int rows)
    {
        int places = rows * config.ExpertsPerToken, some = Math.Min(places, PlacesAtOnce);
        Router = memory.Take(rows, config.Experts);
        Indices = memory.Take(rows, config.ExpertsPerToken);
        Outputs = memory.Take(places, config.DModel);
        int wide = Math.Max(config.DModel, config.DMlp);
        Gathered = memory.Take(some, wide);
        Computed = memory.Take(some, wide);
        Term = memory.Take(1, config.DModel);
    }

    /// <summary>The router's softmax, [rows, experts].</summary>
    public FloatBlock Router { get; }

    /// <summary>The chosen experts as numbers, [rows, slots].</summary>
    public FloatBlock Indices { get; }

    /// <summary>What the chosen experts write, [rows, slots, d_model].</summary>
    public FloatBlock Outputs { get; }

    /// <summary>Inputs of places that share an expert.</summary>
    public FloatBlock Gathered { get; }

    /// <summary>Outputs of places that share an expert.</summary>
    public FloatBlock Computed { get; }

    /// <summary>One expert's weighted output, [d_model].</summary>
    public FloatBlock Term { get; }
}
