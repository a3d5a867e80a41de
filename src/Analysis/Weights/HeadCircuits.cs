using Interp.Runtime;
using MathNet.Numerics.LinearAlgebra;

namespace Interp.Analysis;

/// <summary>
/// A head's weights as they act on rows (Elhage et al. 2021): W_Q, W_K, W_V [d_model, d_head] and W_O [d_head, d_model]. Heads of
/// a group share W_K and W_V. Biases and rotary embedding are no part of them.
/// </summary>
public sealed class HeadCircuits
{
    private readonly TransformerModel _model;
    private readonly Dictionary<(QkvInput?, int, int), Matrix<double>> _maps = [];
    private Matrix<double>? _tokens;

    /// <summary>Reads a model's heads.</summary>
    /// <param name="model">The model.</param>
    public HeadCircuits(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
    }

    /// <summary>W_V W_O, what a head writes for what it reads: [d_model, d_model] of rank d_head.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    public LowRank Ov(int layer, int head) => new(Map(QkvInput.Value, layer, head), Output(layer, head));

    /// <summary>W_Q W_K^T, what a destination looks for: [d_model, d_model] of rank d_head.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    public LowRank Qk(int layer, int head) =>
        new(Map(QkvInput.Query, layer, head), Map(QkvInput.Key, layer, head).Transpose());

    /// <summary>
    /// How strongly a head reads, through one input, what an earlier head writes: |A B|_F / (|A|_F |B|_F) with A the earlier
    /// head's OV circuit, and B the QK circuit (query), its transpose (key) or the OV circuit (value) of the later one.
    /// </summary>
    /// <param name="from">The earlier head.</param>
    /// <param name="to">The later head.</param>
    /// <param name="input">Through which input the later head reads.</param>
    public double Composition((int Layer, int Head) from, (int Layer, int Head) to, QkvInput input)
    {
        LowRank first = Ov(from.Layer, from.Head);
        LowRank second = input switch
        {
            QkvInput.Query => Qk(to.Layer, to.Head),
            QkvInput.Key => Qk(to.Layer, to.Head).Transposed(),
            _ => Ov(to.Layer, to.Head),
        };
        double size = first.Norm * second.Norm;
        return size == 0 ? 0 : first.Times(second).Norm / size;
    }

    /// <summary>
    /// The OV circuit from tokens to logits, W_E W_V W_O W_U: [d_vocab, d_vocab] of rank d_head, held as its two factors.
    /// Norms are no part of it.
    /// </summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    public LowRank FullOv(int layer, int head) => new(
        Embedded(Map(QkvInput.Value, layer, head)), Unembedded(Output(layer, head)));

    /// <summary>
    /// The copying score of <see cref="FullOv"/>, from the eigenvalues of W_O (W_U W_E) W_V: near 1 for a head that raises the logits of the
    /// tokens that it reads. W_U W_E, [d_model, d_model], is made once for all heads.
    /// </summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    public double FullCopyingScore(int layer, int head)
    {
        _tokens ??= TokenMap.Of(_model, Environment.ProcessorCount);
        return new LowRank(_tokens * Map(QkvInput.Value, layer, head), Output(layer, head)).CopyingScore();
    }

    /// <summary>The QK circuit between tokens, W_E W_Q W_K^T W_E^T, held as its two factors.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    public LowRank FullQk(int layer, int head) => new(
        Embedded(Map(QkvInput.Query, layer, head)), Embedded(Map(QkvInput.Key, layer, head)).Transpose());

    private Matrix<double> Map(QkvInput input, int layer, int head)
    {
        ModelConfig config = _model.Config;
        int own = input == QkvInput.Query ? head : head / (config.NHeads / config.NKeyValueHeads);
        if (_maps.TryGetValue((input, layer, own), out Matrix<double>? known))
        {
            return known;
        }

        Linear map = StreamReading.MapOf(_model.Weights.Blocks[layer].Attention, input);
        Matrix<double> matrix = Matrix<double>.Build.Dense(config.DModel, config.DHead);
        var column = new float[config.DModel];
        for (int i = 0; i < config.DHead; i++)
        {
            map.CopyOutput((own * config.DHead) + i, column);
            for (int j = 0; j < column.Length; j++)
            {
                matrix[j, i] = column[j];
            }
        }

        return _maps[(input, layer, own)] = matrix;
    }

    private Matrix<double> Output(int layer, int head)
    {
        if (_maps.TryGetValue((null, layer, head), out Matrix<double>? known))
        {
            return known;
        }

        int dHead = _model.Config.DHead;
        Matrix<double> matrix = Matrix<double>.Build.Dense(dHead, _model.Config.DModel);
        var row = new float[_model.Config.DModel];
        for (int i = 0; i < dHead; i++)
        {
            _model.Weights.Blocks[layer].Attention.Output.CopyInput((head * dHead) + i, row);
            for (int j = 0; j < row.Length; j++)
            {
                matrix[i, j] = row[j];
            }
        }

        return _maps[(null, layer, head)] = matrix;
    }

    /// <summary>W_E times a map, [d_vocab, d_head]; one row of W_E at a time.</summary>
    private Matrix<double> Embedded(Matrix<double> map)
    {
        var row = new float[_model.Config.DModel];
        double[][] columns = map.ToColumnArrays();
        Matrix<double> result = Matrix<double>.Build.Dense(_model.Config.DVocab, columns.Length);
        for (int token = 0; token < _model.Config.DVocab; token++)
        {
            _model.Weights.TokenEmbedding.CopyRow(token, row);
            for (int i = 0; i < columns.Length; i++)
            {
                result[token, i] = _model.Config.EmbedScale * Dots.Of(row, columns[i]);
            }
        }

        return result;
    }

    /// <summary>A map times W_U, [d_head, d_vocab]; one column of W_U at a time.</summary>
    private Matrix<double> Unembedded(Matrix<double> map)
    {
        double[][] rows = map.ToRowArrays();
        Matrix<double> result = Matrix<double>.Build.Dense(rows.Length, _model.Config.DVocabOut);
        var column = new float[_model.Config.DModel];
        for (int token = 0; token < _model.Config.DVocabOut; token++)
        {
            _model.Weights.Unembed.CopyOutput(token, column);
            for (int i = 0; i < rows.Length; i++)
            {
                result[i, token] = Dots.Of(column, rows[i]);
            }
        }

        return result;
    }
}
