using Interp.Runtime;
using MathNet.Numerics.LinearAlgebra;

namespace Interp.Analysis;

/// <summary>
/// W_U W_E, [d_model, d_model]: what unembedding and embedding do one after the other. With it the eigenvalues of a full OV circuit
/// W_E W_V W_O W_U, which are those of W_O (W_U W_E) W_V, take no sum over the vocabulary for each head.
/// </summary>
internal static class TokenMap
{
    private const int Tokens = 4096;

    /// <summary>Adds up blocks of tokens; sums over blocks are float64.</summary>
    /// <param name="model">The model.</param>
    /// <param name="threads">Threads of the products.</param>
    public static Matrix<double> Of(TransformerModel model, int threads)
    {
        int d = model.Config.DModel, vocabulary = model.Config.DVocab;
        if (model.Config.DVocabOut != vocabulary)
        {
            throw new InvalidInputException($"{model.Name}: expected a model whose outputs are its vocabulary of {vocabulary} tokens, "
                + $"found {model.Config.DVocabOut} outputs (d_vocab_out); a circuit from tokens to outputs has no eigenvalues then");
        }

        var sum = new double[d * d];
        var block = new float[d * d];
        for (int first = 0; first < vocabulary; first += Tokens)
        {
            int count = Math.Min(Tokens, vocabulary - first);
            float[] embeddings = new float[count * d], column = new float[d], unembeddings = new float[d * count];
            for (int t = 0; t < count; t++)
            {
                model.Weights.TokenEmbedding.CopyRow(first + t, embeddings.AsSpan(t * d, d));
                model.Weights.Unembed.CopyOutput(first + t, column);
                for (int i = 0; i < d; i++)
                {
                    unembeddings[(i * count) + t] = column[i];
                }
            }

            Linear.FromInputsByOutputs(embeddings, count, d).Apply(unembeddings, d, block, threads);
            Dots.Add(block, sum);
        }

        return Matrix<double>.Build.Dense(d, d, (i, j) => model.Config.EmbedScale * sum[(i * d) + j]);
    }
}
