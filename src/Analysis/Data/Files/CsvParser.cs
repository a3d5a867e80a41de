using System.Text;

namespace Interp.Analysis;

/// <summary>Splits comma-separated values into rows of fields.</summary>
/// <param name="name">Name of the file, for errors.</param>
/// <param name="content">The text.</param>
internal sealed class CsvParser(string name, string content)
{
    private int _at;
    private int _line = 1;

    /// <summary>The rows with the 1-based lines where they begin; empty lines are skipped.</summary>
    /// <exception cref="InvalidInputException">A quoted field does not end, or something follows its end.</exception>
    public IEnumerable<(int Line, string[] Fields)> Rows()
    {
        while (_at < content.Length)
        {
            int line = _line;
            List<string> fields = [Field(line)];
            while (_at < content.Length && content[_at] == ',')
            {
                _at++;
                fields.Add(Field(line));
            }

            if (_at < content.Length)
            {
                _at += content[_at] == '\r' && _at + 1 < content.Length && content[_at + 1] == '\n' ? 2 : 1;
                _line++;
            }

            if (fields is not [""])
            {
                yield return (line, [.. fields]);
            }
        }
    }

    private string Field(int line)
    {
        if (_at < content.Length && content[_at] == '"')
        {
            return QuotedField(line);
        }

        int start = _at;
        while (_at < content.Length && content[_at] is not (',' or '\r' or '\n'))
        {
            _at++;
        }

        return content[start.._at];
    }

    private string QuotedField(int line)
    {
        StringBuilder text = new();
        for (_at++; _at < content.Length; _at++)
        {
            char c = content[_at];
            _line += c == '\n' ? 1 : 0;
            if (c != '"')
            {
                text.Append(c);
            }
            else if (_at + 1 < content.Length && content[_at + 1] == '"')
            {
                text.Append('"');
                _at++;
            }
            else
            {
                _at++;
                return _at == content.Length || content[_at] is ',' or '\r' or '\n'
                    ? text.ToString()
                    : throw new InvalidInputException(
                        $"{name}, line {line}: expected a comma after a quoted field, found '{content[_at]}'");
            }
        }

        throw new InvalidInputException($"{name}, line {line}: a quoted field does not end");
    }
}
