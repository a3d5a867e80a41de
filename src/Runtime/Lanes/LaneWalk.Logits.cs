using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime.Lanes;

internal sealed partial class LaneWalk
{
    /// <summary>Rows whose logits of the whole vocabulary are held at a time.</summary>
    public const int VocabularyRows = 256;

    /// <summary>Logits of the rows that are read; where a lane has no row, those of the base run.</summary>
    private void ReadLogits(LogitTokens tokens, Action<Lane, float[]> handle)
    {
        if (_main.Count > 0)
        {
            SetRows(_stream, [.. _main]);
        }
        else
        {
            _pass.SetRows([]);
        }

        float[][] logits = [.. _lanes.Select(l => _base.Logits(l.Sequence).ToArray())];
        if (_hooks.Wants(Hook.UnembedOut))
        {
            _pass.FinishStream(null);
            var all = new float[_pass.Rows * _config.DVocabOut];
            _pass.Logits(all);
            foreach (RowSegment segment in _pass.Segments)
            {
                for (int i = 0; i < segment.Count; i++)
                {
                    Take(segment with { First = segment.First + i }, all.AsSpan((segment.Row + i) * _config.DVocabOut), tokens, logits);
                }
            }
        }
        else
        {
            _pass.FinishStream(ReadRows());
            if (tokens.IsAll)
            {
                ReadVocabulary(_pass.Segments, tokens, logits);
            }
            else
            {
                ReadTokens(_pass.Segments, tokens, logits);
            }
        }

        for (int i = 0; i < _lanes.Length; i++)
        {
            handle(_lanes[i], logits[i]);
        }
    }

    private void ReadVocabulary(RowSegment[] rows, LogitTokens tokens, float[][] logits)
    {
        int vocabulary = _config.DVocabOut;
        float[] block = new float[Math.Min(VocabularyRows, rows.Length) * vocabulary];
        FloatBlock stream = _buffers.Stream;
        for (int first = 0; first < rows.Length; first += VocabularyRows)
        {
            int count = Math.Min(VocabularyRows, rows.Length - first);
            _buffers.Stream = stream.From(first, _config.DModel);
            _pass.SetRows([.. rows.AsSpan(first, count).ToArray().Select((s, i) => s with { Row = i })]);
            _pass.Logits(block.AsSpan(0, count * vocabulary));
            for (int i = 0; i < count; i++)
            {
                Take(rows[first + i], block.AsSpan(i * vocabulary), tokens, logits);
            }
        }
    }

    /// <summary>Of the logits of a position, if it is read, those that are wanted.</summary>
    private void Take(RowSegment row, ReadOnlySpan<float> vocabulary, LogitTokens tokens, float[][] logits)
    {
        Lane lane = _lanes[row.Sequence];
        if (Array.BinarySearch(lane.Read, row.First) < 0)
        {
            return;
        }

        Span<float> destination = Place(lane, row.First, logits[row.Sequence]);
        if (tokens.IsAll)
        {
            vocabulary[.._config.DVocabOut].CopyTo(destination);
            return;
        }

        IReadOnlyList<int> wanted = tokens.Of(lane.Sequence);
        for (int t = 0; t < wanted.Count; t++)
        {
            destination[t] = vocabulary[wanted[t]];
        }
    }

    /// <summary>Few tokens: only these columns of the unembedding, sequence by sequence.</summary>
    private void ReadTokens(RowSegment[] rows, LogitTokens tokens, float[][] logits)
    {
        int d = _config.DModel;
        foreach (IGrouping<int, RowSegment> group in rows.GroupBy(r => _lanes[r.Sequence].Sequence))
        {
            int[] wanted = [.. tokens.Of(group.Key)];
            RowSegment[] own = [.. group];
            for (int i = 0; i < own.Length; i++)
            {
                _buffers.Stream.From(own[i].Row, d).Rows(1, d).CopyTo(_buffers.Normed.From(i, d).Span);
            }

            var values = new float[own.Length * wanted.Length];
            _pass.Logits(_buffers.Normed, own.Length, wanted, values);
            for (int i = 0; i < own.Length; i++)
            {
                Lane lane = _lanes[own[i].Sequence];
                values.AsSpan(i * wanted.Length, wanted.Length).CopyTo(Place(lane, own[i].First, logits[own[i].Sequence]));
            }
        }
    }

    /// <summary>The place of a position among the logits that are read of a lane.</summary>
    private static Span<float> Place(Lane lane, int position, float[] logits)
    {
        int width = logits.Length / lane.Read.Length;
        return logits.AsSpan(Array.BinarySearch(lane.Read, position) * width, width);
    }
}
